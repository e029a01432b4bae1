from . import test_job_runner
from . import test_run_jobs
