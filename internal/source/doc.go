// Package source reads the files a person writes. It is the only door to the
// YAML library: a file becomes a Document of Nodes, each of which knows its
// line, its column and its path, and readers turn Nodes into values.
//
// Reading is strict and never stops at the first fault. A reader that meets a
// fault records it in the Document and answers false; the caller goes on with
// the next key and asks the Document for everything at the end. Aliases,
// anchors, tags, several documents in a file, keys written twice, files above
// 256 KiB and nesting above 32 are refused, because a campaign needs none of
// them and each has been a way to hide something or to exhaust a parser.
package source
