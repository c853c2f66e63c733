// The same question answered by Bolt for JavaScript, which stores nothing: the figure to compare with.
import bolt from "@slack/bolt";

const [api] = process.argv.slice(2);
const app = new bolt.App({
  token: "xoxb-test",
  signingSecret: "00000000000000000000000000000001",
  clientOptions: { slackApiUrl: `${api}/` },
  logLevel: bolt.LogLevel.ERROR,
});
app.event("app_mention", async ({ event, say }) => {
  await say({ text: "What should I do, and where?", thread_ts: event.thread_ts ?? event.ts });
});
const server = await app.start({ port: 0, host: "127.0.0.1" });
console.log(`127.0.0.1:${server.address().port}`);
