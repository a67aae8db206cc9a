// What the official SDK makes of each set of settings: {environment} lines on stdin, {host, chosen | error} lines out.
const { Config } = require("@databricks/sdk-experimental/dist/config");
const readline = require("node:readline");

async function choose() {
  const config = new Config({});
  try {
    await config.ensureResolved();
    await config.authenticate(new Headers());
    return { host: config.host, profile: config.profile, chosen: config.credentials.name };
  } catch (error) {
    return { host: config.host, profile: config.profile, error: error.message };
  }
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    process.env = JSON.parse(line);
    console.log(JSON.stringify(await choose()));
  }
}

main();
