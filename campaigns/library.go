package campaigns

import (
	"embed"
	"io/fs"
)

//go:embed second-order win-back
var shelf embed.FS

// Library is the campaigns that ship, in the form LoadDir and Load read: one
// folder each.
func Library() fs.FS { return shelf }
