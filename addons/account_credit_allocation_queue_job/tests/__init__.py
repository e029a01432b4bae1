from . import test_job_runner, test_press, test_run_jobs
