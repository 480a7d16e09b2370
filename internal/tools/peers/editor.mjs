// node editor.mjs SCHEMA FOLDER: what two readers of JSON Schema that are not
// ours say to every *.yaml of FOLDER: ajv, and the YAML language server as an
// editor runs it, over stdio. A file *.ask.yaml is not judged: the server is
// asked what it offers where the file has a |. The schema's own examples are
// judged too.
//
// Prints {"ajv": {FILE: [FAULT]}, "server": {FILE: [FAULT]}, "completion": {FILE: [WORD]}, "examples": [FAULT]}.
// PEERS names the folder in which package.json is installed.
import { spawn } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const require = createRequire(join(resolve(process.env.PEERS), 'x.js'))
const Ajv = require('ajv')
const YAML = require('yaml')

const [schemaFile, folder] = process.argv.slice(2).map((p) => resolve(p))
const schema = JSON.parse(readFileSync(schemaFile, 'utf8'))
const files = readdirSync(folder).filter((f) => f.endsWith('.yaml')).sort()
const text = (f) => readFileSync(join(folder, f), 'utf8')
const asked = (f) => f.endsWith('.ask.yaml')
const out = { ajv: {}, server: {}, completion: {}, examples: [] }

const ajv = new Ajv({ allErrors: true, strict: true, strictTypes: false, strictRequired: false })
const validate = ajv.compile(schema)
const walk = (part, path) => {
  for (const example of part.examples ?? []) {
    if (!ajv.validate(part, example)) out.examples.push(`${path}: ${JSON.stringify(example)}: ${ajv.errorsText()}`)
  }
  for (const [key, inner] of Object.entries(part)) {
    if (key !== 'examples' && inner && typeof inner === 'object') walk(inner, `${path}/${key}`)
  }
}
walk(schema, '')
for (const f of files.filter((f) => !asked(f))) {
  try {
    const doc = YAML.parseDocument(text(f))
    if (doc.errors.length) throw doc.errors[0]
    out.ajv[f] = validate(doc.toJS()) ? [] : validate.errors.map((e) => `${e.instancePath} ${e.message}`)
  } catch (e) {
    out.ajv[f] = [e.message]
  }
}

// A client of the Language Server Protocol, as far as this needs one.
const server = spawn(process.execPath, [join(process.env.PEERS, 'node_modules/yaml-language-server/bin/yaml-language-server'), '--stdio'],
  { stdio: ['pipe', 'pipe', 'inherit'] })
const done = (code) => { server.kill(); process.exit(code) }
setTimeout(() => { console.error('the language server gave no answer'); done(1) }, 120_000).unref()
server.on('exit', (code) => { console.error(`the language server ended: ${code}`); process.exit(1) })

const settings = { yaml: { validate: true, completion: true, schemaStore: { enable: false }, schemas: { [pathToFileURL(schemaFile).href]: '*.yaml' } } }
const waiting = new Map()
let id = 0
const write = (message) => {
  const body = JSON.stringify({ jsonrpc: '2.0', ...message })
  server.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
}
const request = (method, params) => new Promise((answer) => { waiting.set(++id, answer); write({ id, method, params }) })
const uri = (f) => pathToFileURL(join(folder, f)).href
const judged = new Map(files.map((f) => [uri(f), f]))
let allJudged
const verdicts = new Promise((answer) => { allJudged = answer })

const receive = (m) => {
  if (m.method && m.id !== undefined) {
    write({ id: m.id, result: m.method === 'workspace/configuration' ? m.params.items.map((i) => settings[i.section] ?? null) : null })
  } else if (m.method === 'textDocument/publishDiagnostics' && judged.has(m.params.uri)) {
    const f = judged.get(m.params.uri)
    if (!asked(f)) out.server[f] = m.params.diagnostics.map((d) => `${d.range.start.line + 1}: ${d.message}`)
    judged.delete(m.params.uri)
    if (judged.size === 0) allJudged()
  } else if (waiting.has(m.id)) {
    if (m.error) { console.error(m.error.message); done(1) }
    waiting.get(m.id)(m.result)
  }
}
let buffer = Buffer.alloc(0)
server.stdout.on('data', (data) => {
  buffer = Buffer.concat([buffer, data])
  for (;;) {
    const end = buffer.indexOf('\r\n\r\n')
    const length = end < 0 ? null : /Content-Length: (\d+)/i.exec(buffer.subarray(0, end))
    if (!length || buffer.length < end + 4 + Number(length[1])) return
    const body = buffer.subarray(end + 4, end + 4 + Number(length[1]))
    buffer = buffer.subarray(end + 4 + Number(length[1]))
    receive(JSON.parse(body))
  }
})

await request('initialize', { processId: process.pid, rootUri: null, capabilities: { textDocument: { publishDiagnostics: {}, completion: { completionItem: {} } }, workspace: { configuration: true } } })
write({ method: 'initialized', params: {} })
write({ method: 'workspace/didChangeConfiguration', params: { settings } })
for (const f of files) {
  write({ method: 'textDocument/didOpen', params: { textDocument: { uri: uri(f), languageId: 'yaml', version: 1, text: text(f).replace('|', '') } } })
}
await verdicts
for (const f of files.filter(asked)) {
  const before = text(f).split('|')[0].split('\n')
  const position = { line: before.length - 1, character: before.at(-1).length }
  const answer = await request('textDocument/completion', { textDocument: { uri: uri(f) }, position })
  out.completion[f] = (answer.items ?? answer).map((i) => i.label)
}
console.log(JSON.stringify(out))
server.removeAllListeners('exit')
done(0)
