// The driver below the official client alone, with the token given (PGPASSWORD): what it is compared with.
const { Client } = require("pg");

async function main() {
  const client = new Client({ ssl: { rejectUnauthorized: true } });
  await client.connect();
  const { rows } = await client.query("select current_user as who");
  await client.end();
  console.log(rows[0].who);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
