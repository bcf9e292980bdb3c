// Serve the GeoJSON files of a folder as ArcGIS layers on loopback, and print the port.
//   node koop.mjs FOLDER_WITH_NODE_MODULES FOLDER_WITH_GEOJSON [/PREFIX]
import { createRequire } from 'node:module'
import { resolve } from 'node:path'

const [modules, data] = process.argv.slice(2, 4).map((folder) => resolve(folder))
const routePrefix = process.argv[4] ?? ''
process.env.SUPPRESS_NO_CONFIG_WARNING = 'true'
const require = createRequire(`${modules}/package.json`)
const Koop = require('@koopjs/koop-core')
const files = require('@koopjs/provider-file-geojson')

process.chdir(data) // the provider joins its folder to the working folder
const koop = new Koop({ logLevel: 'error' })
koop.register(files, { dataDir: '.', routePrefix })
const server = koop.server.listen(0, '127.0.0.1', () => console.log(server.address().port))
