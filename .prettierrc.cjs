// The plugin is found through NODE_PATH, which dev/check sets: nothing is installed into the checkout.
module.exports = {
    plugins: [require.resolve("@prettier/plugin-xml")],
    printWidth: 120,
    tabWidth: 4,
    bracketSpacing: false,
    // white space between inline elements shows in a page
    xmlWhitespaceSensitivity: "preserve",
    overrides: [{files: ["*.yml", "*.yaml", "*.md"], options: {tabWidth: 2, proseWrap: "preserve"}}],
};
