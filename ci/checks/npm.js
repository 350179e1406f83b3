// SPDX-License-Identifier: GPL-2.0-only
// npm.js REPORTS DIR: compiles the schemas of REPORTS with ajv in strict mode and validates what is in DIR with them; reads
// each DIR/*.tap with tap-parser. Says what is wrong and fails.
"use strict";
const fs = require("fs");
const path = require("path");
const Ajv = require("ajv/dist/2020");
const addFormats = require("ajv-formats");

const [reports, directory] = process.argv.slice(2);
const problems = [];
const read = (file) => JSON.parse(fs.readFileSync(file, "utf8"));
const below = (name) => fs.readdirSync(directory).map((each) => path.join(directory, each, name)).filter(fs.existsSync);
const ending = (suffix) => fs.readdirSync(directory).filter((name) => name.endsWith(suffix))
  .map((name) => path.join(directory, name));

const validated = {
  "record.schema.json": below("record.json"),
  "matrix.schema.json": below("matrix.json"),
  "kcidb-5.schema.json": ending(".kcidb"),
  "check.schema.json": ending("check.json"),
};
// What it describes is made by booting guests for an hour: it is compiled only.
const compiledOnly = ["minimize.schema.json"];
for (const name of fs.readdirSync(reports).filter((each) => each.endsWith(".schema.json"))) {
  if (!validated[name]?.length && !compiledOnly.includes(name)) {
    problems.push(`${name}: nothing to validate with it`);
    continue;
  }
  const ajv = new Ajv({strict: true, allErrors: true});
  addFormats(ajv);
  let validate;
  try {
    validate = ajv.compile(read(path.join(reports, name)));
  } catch (error) {
    problems.push(`${name}: ${error.message}`);
    continue;
  }
  for (const file of validated[name] ?? []) {
    if (!validate(read(file))) {
      problems.push(`${file}: ${ajv.errorsText(validate.errors)}`);
    }
  }
  if (validate({})) {
    problems.push(`${name}: takes anything`);
  }
}

(async () => {
  const {Parser} = await import(require.resolve("tap-parser"));
  for (const file of ending(".tap")) {
    const text = fs.readFileSync(file, "utf8");
    const parser = new Parser({strict: true});
    const others = [];
    parser.on("extra", (line) => others.push(line));
    const results = await new Promise((resolve) => {
      parser.on("complete", resolve);
      parser.end(text);
    });
    const failed = text.match(/^not ok /gm)?.length ?? 0;
    const planned = Number(text.match(/^1\.\.(\d+)$/m)?.[1]);
    if (others.length > 0 || results.bailout || results.count !== planned || results.fail !== failed ||
        results.failures.some((failure) => failure.tapError)) {
      problems.push(`${file}: ${JSON.stringify({others, count: results.count, fail: results.fail, failed, planned})}`);
    }
  }
  for (const problem of problems) {
    console.log(problem);
  }
  process.exit(problems.length > 0 ? 1 : 0);
})();
