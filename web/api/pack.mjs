// Makes the package.json of the source tree that of the built package: exports point at dist/.
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";

const file = process.argv[2];
const description = JSON.parse(readFileSync(file, "utf8"));
delete description.scripts;
description.exports = Object.fromEntries(
  Object.entries(description.exports).map(([name, source]) => {
    const built = source.replace("./src/", "./dist/").replace(/\.ts$/, "");
    return [name, { types: `${built}.d.ts`, default: `${built}.js` }];
  }),
);
writeFileSync(file, `${JSON.stringify(description, null, 2)}\n`);
