// Package migrations holds the database's history: numbered files, one concern
// each, applied in order and only ever forward. A file that was released is
// never edited.
//
// schema.sql is what they add up to, on one page; a test keeps it true.
package migrations

import "embed"

// FS holds the numbered files. internal/postgres applies them.
//
//go:embed [0-9]*.sql
var FS embed.FS
