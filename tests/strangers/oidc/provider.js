// An OpenID Connect provider for tests: https://github.com/panva/node-oidc-provider.
// People sign in by name alone; a test sets their groups and can have id tokens made wrong.
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { decodeJwt, exportJWK, generateKeyPair, SignJWT } from "jose";
import Provider from "oidc-provider";

const { port, ready, callbacks, secret } = JSON.parse(process.argv[2]);
const people = new Map();
let bent = null;

const { privateKey } = await generateKeyPair("RS256", { extractable: true });
const stranger = await generateKeyPair("RS256");
const provider = new Provider(`http://127.0.0.1:${port}`, {
  jwks: { keys: [{ ...(await exportJWK(privateKey)), kid: "one", use: "sig", alg: "RS256" }] },
  clients: [
    {
      client_id: "cohelm",
      client_secret: secret,
      redirect_uris: callbacks,
      token_endpoint_auth_method: "client_secret_post",
    },
  ],
  cookies: { keys: ["only for tests"] },
  scopes: ["openid", "profile", "groups"],
  claims: { openid: ["sub"], profile: ["preferred_username", "name"], groups: ["groups"] },
  pkce: { required: () => true },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, interaction) => `/sign-in/${interaction.uid}` },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, ...people.get(id) }),
  }),
  // Nobody is asked what Cohelm may know.
  async loadExistingGrant(ctx) {
    const { session, client } = ctx.oidc;
    const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope("openid profile groups");
    await grant.save();
    return grant;
  },
});

const WRONG = {
  audience: (claims) => ({ ...claims, aud: "somebody-else" }),
  nonce: (claims) => ({ ...claims, nonce: "another" }),
  issuer: (claims) => ({ ...claims, iss: "https://elsewhere.example" }),
  time: (claims) => ({ ...claims, exp: claims.iat - 3600 }),
  party: (claims) => ({ ...claims, aud: [claims.aud, "x"], azp: "x" }),
};
const encoded = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

provider.use(async (ctx, next) => {
  await next();
  if (ctx.path === "/token" && bent !== null && ctx.body.id_token) {
    ctx.body.id_token = await wrong(decodeJwt(ctx.body.id_token));
  }
  if (ctx.path === "/me" && bent === "person") ctx.body.sub = "another";
});

async function wrong(claims) {
  if (bent === "unsigned") return `${encoded({ alg: "none" })}.${encoded(claims)}.`;
  if (bent === "secret") return sign(claims, Buffer.from(secret), "HS256");
  if (bent === "key") return sign(claims, stranger.privateKey, "RS256");
  return sign(WRONG[bent]?.(claims) ?? claims, privateKey, "RS256");
}

function sign(claims, key, alg) {
  return new SignJWT(claims).setProtectedHeader({ alg, kid: "one" }).sign(key);
}

const FORM = `<!doctype html><html lang="en"><title>Provider</title><h1>Provider</h1>
<form method="post"><label>Who are you? <input name="who"></label>
<button>Go on</button> <button name="cancel" value="1">Cancel</button></form>`;

async function answer(request, response) {
  const path = new URL(request.url, "http://provider").pathname;
  if (path === "/healthz") return response.end("well");
  if (path.startsWith("/people/")) {
    people.set(path.split("/")[2], JSON.parse(await text(request)));
    return response.end();
  }
  if (path === "/bend") {
    bent = JSON.parse(await text(request));
    return response.end();
  }
  if (!path.startsWith("/sign-in/")) return provider.callback()(request, response);
  if (request.method === "GET") {
    return response.writeHead(200, { "Content-Type": "text/html" }).end(FORM);
  }
  const said = new URLSearchParams(await text(request));
  const result = said.has("cancel")
    ? { error: "access_denied" }
    : { login: { accountId: said.get("who") } };
  return provider.interactionFinished(request, response, result);
}

createServer((request, response) => {
  answer(request, response).catch((problem) => response.writeHead(500).end(String(problem)));
}).listen(port, "127.0.0.1", () => writeFileSync(ready, "ready"));
