// The packages are found through NODE_PATH, which dev/check sets: nothing is installed into the checkout.
const eslint = require("@eslint/js");
const globals = require("globals");
const jsdoc = require("eslint-plugin-jsdoc");

const rules = {
    ...eslint.configs.recommended.rules,
    "array-callback-return": "error",
    complexity: ["error", 15],
    "consistent-return": "error",
    eqeqeq: "error",
    "no-alert": "error",
    "no-console": "error",
    "no-else-return": "error",
    "no-eval": "error",
    "no-implicit-coercion": ["error", {allow: ["!!"]}],
    "no-param-reassign": "error",
    "no-shadow": "error",
    "no-unused-expressions": "error",
    "no-unused-vars": "error",
    "no-use-before-define": ["error", {functions: false}],
    "no-var": "error",
    "prefer-const": "error",
    "prefer-template": "error",
    radix: "error",
    "jsdoc/check-alignment": "error",
    "jsdoc/check-param-names": "error",
    "jsdoc/check-tag-names": ["error", {definedTags: ["odoo-module"]}],
    "jsdoc/check-types": "error",
};

module.exports = [
    {ignores: ["**/static/lib/**", "**/*.cjs"]},
    {
        // Odoo takes every script below static/ for a module
        files: ["**/*.js"],
        plugins: {jsdoc},
        languageOptions: {
            ecmaVersion: 2024,
            sourceType: "module",
            globals: {...globals.browser, luxon: "readonly", odoo: "readonly", owl: "readonly"},
        },
        rules,
    },
    {files: ["**/static/tests/**"], rules: {"no-console": "off"}},
];
