// Follows a session, prompts its agent once, approves what the agent asks for, and comes back by
// itself. It needs Node 22; for MessagePack also `npm install @msgpack/msgpack`.
//   COHELM_TOKEN=... node client.mjs <address> <session id> <prompt> [json | msgpack]
import { randomUUID } from "node:crypto";

const ENCODINGS = {
  json: async () => ({ name: "cohelm.v1.json", write: JSON.stringify, read: JSON.parse }),
  msgpack: async () => {
    const { encode, decode } = await import("@msgpack/msgpack");
    return { name: "cohelm.v1.msgpack", write: encode, read: decode };
  },
};
const [address, session, prompt, encoding = "json"] = process.argv.slice(2);
const { name, write, read } = await ENCODINGS[encoding]();
const headers = { Authorization: `Bearer ${process.env.COHELM_TOKEN}` };
const unanswered = new Map(); // what is sent again after a cut, each with the id that it had
let socket, watch, beat, run, epoch, over = false, attempt = 0, cursor = null;

const send = (frame) => socket?.readyState === 1 && socket.send(write(frame));
const submit = (command) => {
  const frame = { frame: "submit", command_id: randomUUID(), command };
  unanswered.set(frame.command_id, frame);
  send(frame);
  return frame.command_id;
};
const mine = submit({ type: "prompt.queue", text: prompt });

function happened({ seq, type, body }) {
  console.log(seq, type);
  if (type === "run.started" && body.prompts.includes(mine)) run = body.run_id;
  if (type === "approval.requested") {
    const { approval_id } = body.request;
    const shown = { args_digest: body.args_digest, shown_seq: seq };
    submit({ type: "approval.decide", approval_id, decision: "approve", ...shown });
  }
  over ||= ["run.finished", "run.failed", "run.cancelled"].includes(type) && body.run_id === run;
}

const heard = {
  welcome(frame) {
    [epoch, attempt] = [frame.epoch, 0];
    cursor ??= [epoch, frame.first - 1, null];
    unanswered.forEach(send);
  },
  resync: () => { cursor = null; },
  events({ first, last, mark, events }) {
    const at = cursor[1];
    if (first > at + 1) return socket.close(); // something is missing: come back with the cursor
    for (const event of events) if (event.seq > at && !event.stub) happened(event);
    if (last > at) cursor = [epoch, last, mark];
  },
  reply: ({ command_id }) => unanswered.delete(command_id),
  refusal({ command_id, code, sentence, retry }) {
    console.error(code, sentence);
    if (!retry) unanswered.delete(command_id);
  },
};

function connect() {
  socket = new WebSocket(address.replace("http", "ws") + `/ws/sessions/${session}/`, { protocols: [name], headers });
  socket.binaryType = "arraybuffer";
  socket.onopen = () => send({ frame: "join", cursor });
  socket.onmessage = ({ data }) => {
    clearTimeout(watch);
    watch = setTimeout(() => socket.close(), 30_000);
    const frame = read(data);
    heard[frame.frame]?.(frame);
    if (over) socket.close();
  };
  socket.onclose = ({ code, reason }) => {
    clearTimeout(watch);
    clearInterval(beat);
    if (over) return;
    if (code >= 4500 && code < 5000) return console.error(code, reason), (process.exitCode = 1);
    setTimeout(connect, Math.min(15_000, 500 * 2 ** attempt++) * (0.5 + Math.random() / 2));
  };
  beat = setInterval(() => send({ frame: "alive" }), 10_000);
}
connect();
