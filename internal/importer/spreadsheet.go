package importer

import (
	"archive/zip"
	"bytes"
	"slices"
	"strings"

	"github.com/rewave/rewave/internal/fault"
)

// notText is the fault of a file that is none of text, by its first bytes: what
// people save by mistake. Nil for all others.
func (in *input) notText() error {
	head := make([]byte, 8)
	n, _ := in.file.ReadAt(head, 0) // a short file is none of these
	refuse := func(what, hint string) error {
		return fault.New(fault.Invalid, in.name+" is "+what, in.undone()+hint)
	}
	save := "save it as CSV (UTF-8) and import that"
	if in.table {
		save = "save it as CSV (UTF-8) and name that"
	}
	switch head = head[:n]; {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		members := in.members()
		has := func(prefix string) bool {
			return slices.ContainsFunc(members, func(name string) bool { return strings.HasPrefix(name, prefix) })
		}
		switch {
		case has("[Content_Types].xml") && has("xl/"):
			return refuse("an Excel file", save)
		case has("content.xml") && has("mimetype"):
			return refuse("an OpenDocument file", save)
		}
		return refuse("a zip archive", "unpack it and import what is in it; gzip is read as it is")
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		return refuse("an Excel file", save)
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return refuse("UTF-16", save)
	}
	return nil
}

// members are the names in a zip archive; none of one that is damaged.
func (in *input) members() []string {
	archive, err := zip.NewReader(in.file, in.size)
	if err != nil {
		return nil
	}
	names := make([]string, 0, len(archive.File))
	for _, f := range archive.File {
		names = append(names, f.Name)
	}
	return names
}
