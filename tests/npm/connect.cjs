// Logs in with the official client as its documentation shows, and prints who the database says we are.
const { createLakebasePool } = require("@databricks/lakebase");

async function main() {
  const pool = createLakebasePool();
  const { rows } = await pool.query("select current_user as who");
  // A second connection must do with the token of the first.
  const clients = await Promise.all([pool.connect(), pool.connect()]);
  clients.forEach((client) => client.release());
  await pool.end();
  console.log(rows[0].who);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
