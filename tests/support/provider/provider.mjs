// A provider of accounts for tests: the certified `oidc-provider`, with accounts for whoever asks. It tells the truth,
// until a test tells it to lie: `POST /lie` with {"at": "discovery" | "keys" | "token", "kind": …}, `{}` ends it.
//
// `node provider.mjs <port>` prints “ready” when it listens on loopback.

import { createServer } from "node:http";
import { gzipSync } from "node:zlib";
import { base64url, exportJWK, generateKeyPair, SignJWT } from "jose";
import Provider from "oidc-provider";

const port = Number(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;

async function keyPair(alg, kid) {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  return { alg, kid, publicKey, privateKey, jwk: { ...(await exportJWK(privateKey)), alg, kid, use: "sig" } };
}

const keys = [await keyPair("RS256", "first"), await keyPair("ES256", "second")];
const foreign = await keyPair("ES256", "second");

/** Who signs in as `anna.staff@dept.example` is in the group “staff” and of that hosted domain. */
function claimsOf(sub) {
  const [name, hosted] = sub.split("@");
  const groups = name.split(".").slice(1);
  return { sub, name, email: sub, email_verified: true, groups, ...(hosted ? { hd: hosted } : {}) };
}

const redirects = ["http://127.0.0.1/callback", "http://127.0.0.1/sign/callback/"];
const open = { application_type: "native", token_endpoint_auth_method: "none", redirect_uris: redirects };
const provider = new Provider(issuer, {
  clients: [
    { client_id: "letters", id_token_signed_response_alg: "ES256", ...open },
    { client_id: "other", id_token_signed_response_alg: "ES256", ...open },
    {
      client_id: "letters with a secret", client_secret: "a+b/c%d e:f~u",
      token_endpoint_auth_method: "client_secret_basic", application_type: "native", redirect_uris: redirects,
    },
  ],
  claims: { openid: ["sub", "hd"], email: ["email", "email_verified"], profile: ["name"], groups: ["groups"] },
  scopes: ["openid", "groups", "email", "profile"],
  conformIdTokenClaims: false,
  cookies: { keys: ["only for tests"] },
  enabledJWA: { idTokenSigningAlgValues: ["RS256", "ES256"] },
  features: { devInteractions: { enabled: true } },
  findAccount: (_, sub) => ({ accountId: sub, claims: () => claimsOf(sub) }),
  jwks: { keys: keys.map((each) => each.jwk) },
  pkce: { required: () => true },
});

// ── lies ──

let lie = {};
const heard = [];
const issued = [];

const at = (path) =>
  path.startsWith("/.well-known/") ? "discovery" : path === "/jwks" ? "keys" : path === "/token" ? "token" : "";

/** Answers that no honest server gives; true where one was given. */
async function misbehave(response) {
  const json = { "content-type": "application/json" };
  switch (lie.kind) {
    case "huge":
      response.writeHead(200, json).end(`{"id_token":"${"a".repeat(2_000_000)}"}`);
      return true;
    case "endless": {
      response.writeHead(200, json);
      const timer = setInterval(() => response.write("          "), 50);
      response.on("close", () => clearInterval(timer));
      return true;
    }
    case "silent":
      return true;
    case "slow-head": {
      const octets = `HTTP/1.1 200 OK\r\nx-a: ${"a".repeat(10_000)}`;
      let sent = 0;
      const timer = setInterval(() => response.socket?.write(octets[sent++]), 50);
      response.on("close", () => clearInterval(timer));
      return true;
    }
    case "redirect":
      response.writeHead(302, { location: `${issuer}/elsewhere` }).end();
      return true;
    case "html":
      response.writeHead(200, { "content-type": "text/html" }).end("<p>Sign in</p>");
      return true;
    case "list":
      response.writeHead(200, json).end("[]");
      return true;
    case "deep":
      response.writeHead(200, json).end("[".repeat(60_000));
      return true;
    case "gzip":
      response.writeHead(200, { ...json, "content-encoding": "gzip" }).end(gzipSync(JSON.stringify({})));
      return true;
    case "broken":
      response.writeHead(500).end("no");
      return true;
    case "reset":
      response.socket?.destroy();
      return true;
    case "document":
      response.writeHead(200, json).end(JSON.stringify(lie.document));
      return true;
    default:
      return false;
  }
}

const decoded = (token) => JSON.parse(new TextDecoder().decode(base64url.decode(token.split(".")[1])));
const unsigned = (header, claims) =>
  `${base64url.encode(JSON.stringify(header))}.${base64url.encode(JSON.stringify(claims))}.`;

/** An ID token that is not what it should be. `claims` are changed ones; `key` says by what it is signed. */
async function forged(token) {
  const claims = { ...decoded(token), ...lie.claims };
  for (const name of lie.without ?? []) delete claims[name];
  const second = keys[1];
  switch (lie.key) {
    case "none":
      return unsigned({ alg: "none", typ: "JWT" }, claims);
    case "none-with-a-signature":
      return unsigned({ alg: "none", kid: second.kid }, claims) + token.split(".")[2];
    case "public-key-as-secret": {
      const secret = new TextEncoder().encode(JSON.stringify(await exportJWK(second.publicKey)));
      return new SignJWT(claims).setProtectedHeader({ alg: "HS256", kid: second.kid }).sign(secret);
    }
    case "foreign":
      return new SignJWT(claims).setProtectedHeader({ alg: "ES256", kid: "second" }).sign(foreign.privateKey);
    case "unknown":
      return new SignJWT(claims).setProtectedHeader({ alg: "ES256", kid: "third" }).sign(foreign.privateKey);
    case "embedded": {
      const jwk = await exportJWK(foreign.publicKey);
      return new SignJWT(claims).setProtectedHeader({ alg: "ES256", jwk }).sign(foreign.privateKey);
    }
    case "changed": {
      const [head, , signature] = token.split(".");
      return `${head}.${base64url.encode(JSON.stringify(claims))}.${signature}`;
    }
    default:
      return new SignJWT(claims).setProtectedHeader({ alg: "ES256", kid: second.kid }).sign(second.privateKey);
  }
}

provider.use(async (ctx, next) => {
  await next();
  // Its pages ask for a font from elsewhere; nothing here leaves this machine.
  if (typeof ctx.body === "string") ctx.body = ctx.body.replace(/@import url\([^)]*\);/g, "");
  if (ctx.path === "/token" && ctx.body?.id_token !== undefined) issued.push(ctx.body.id_token, ctx.body.access_token);
  if (lie.at === "token" && ctx.path === "/token" && ctx.body?.id_token !== undefined) {
    if (lie.kind === "without-id-token") delete ctx.body.id_token;
    else ctx.body.id_token = lie.token ?? (await forged(ctx.body.id_token));
  }
  if (lie.at === "discovery" && lie.changes !== undefined) ctx.body = { ...ctx.body, ...lie.changes };
});

// ── listening ──

async function body(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
}

const callback = provider.callback();
const server = createServer(async (request, response) => {
  const path = request.url.split("?")[0];
  if (path === "/lie") {
    lie = JSON.parse(await body(request));
    response.end();
  } else if (path === "/heard") {
    response.end(JSON.stringify(heard.splice(0)));
  } else if (path === "/issued") {
    response.end(JSON.stringify(issued));
  } else {
    heard.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`);
    if (lie.at !== undefined && lie.at === at(path) && (await misbehave(response))) return;
    callback(request, response);
  }
});
server.listen(port, "127.0.0.1", () => console.log("ready"));
