// The page's scripts and styles, as the tests lint them.
import css from "@eslint/css";
import js from "@eslint/js";
import globals from "globals";

export default [
  {
    files: ["**/*.js"],
    ...js.configs.recommended,
    languageOptions: {
      sourceType: "script",
      ecmaVersion: 2020,
      globals: { ...globals.browser, L: "readonly", geoRee: "writable" },
    },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      ...js.configs.recommended.rules,
      "no-redeclare": ["error", { builtinGlobals: false }],
      "no-unused-vars": ["error", { argsIgnorePattern: "^_", caughtErrorsIgnorePattern: "^_" }],
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-new-func": "error",
      "no-script-url": "error",
      "eqeqeq": "error",
      "strict": ["error", "global"],
      // Text from data never becomes markup.
      "no-restricted-properties": [
        "error",
        { property: "outerHTML" },
        { property: "insertAdjacentHTML" },
        { object: "document", property: "write" },
      ],
      "no-restricted-syntax": ["error", "AssignmentExpression > MemberExpression.left[property.name='innerHTML']"],
    },
  },
  {
    files: ["**/*.css"],
    plugins: { css },
    language: "css/css",
    rules: {
      "css/no-duplicate-imports": "error",
      "css/no-empty-blocks": "error",
      "css/no-invalid-properties": ["error", { allowUnknownVariables: true }],
    },
  },
];
