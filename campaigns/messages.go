package campaigns

import (
	"fmt"
	"io/fs"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/rewave/rewave/internal/source"
)

// The files of a message folder. The first two are needed.
const (
	subjectFile = "subject.txt"
	textFile    = "text.txt"
	htmlFile    = "body.html"
)

// message reads a message folder, once however many waves use it, and returns
// the path as written. A path is literal and stays below the campaign's folder.
func (w *writing) message(n source.Node) string {
	folder, ok := n.Full()
	if !ok {
		return ""
	}
	if !fs.ValidPath(folder) || folder == "." || strings.ContainsAny(folder, `\`+"\n") {
		n.Report(fmt.Sprintf("%q is not a folder below the campaign's", folder), `without "..", "." and a "/" at either end: messages/thanks`)
		return ""
	}
	if w.read[folder] {
		return folder
	}
	w.read[folder] = true
	entries, err := fs.ReadDir(w.fsys, path.Join(w.dir, folder))
	if err != nil {
		n.Report(fmt.Sprintf("there is no folder %s", w.options.name(w.dir, folder)), "it holds "+subjectFile+", "+textFile+" and, if you like, "+htmlFile)
		return folder
	}
	var files MessageFiles
	for _, f := range []struct {
		name   string
		into   *string
		needed bool
	}{{subjectFile, &files.Subject, true}, {textFile, &files.Text, true}, {htmlFile, &files.HTML, false}} {
		*f.into = w.messageFile(n, folder, f.name, f.needed)
	}
	files.Subject = strings.TrimRight(files.Subject, "\r\n")
	if strings.ContainsAny(files.Subject, "\r\n") {
		n.Report(path.Join(folder, subjectFile)+" has more than one line", "a subject is one line")
	}
	known := []string{subjectFile, textFile, htmlFile}
	for _, e := range entries {
		name := e.Name()
		if strings.HasPrefix(name, ".") || name == subjectFile || name == textFile || name == htmlFile {
			continue
		}
		hint := "a message has " + strings.Join(known, ", ")
		if near := source.Suggest(name, known); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		n.Report(path.Join(folder, name)+" is not a part of a message", hint)
	}
	if w.c.Messages == nil {
		w.c.Messages = map[string]Message{}
	}
	w.c.Messages[folder] = Message{"": files}
	return folder
}

func (w *writing) messageFile(n source.Node, folder, name string, needed bool) string {
	file := path.Join(folder, name)
	data, err := read(w.fsys, path.Join(w.dir, file))
	switch {
	case err != nil && needed:
		n.Report(file+" is missing", "every message has a subject and a text")
	case err != nil:
		return ""
	case len(data) > source.MaxFile:
		n.Report(fmt.Sprintf("%s has more than %d bytes", file, source.MaxFile), "")
	case !utf8.Valid(data):
		n.Report(file+" is not UTF-8", "save it as UTF-8; GB18030, GBK and Latin-1 are not read")
	case strings.TrimSpace(string(data)) == "":
		n.Report(file+" is empty", "")
	default:
		return strings.ReplaceAll(strings.TrimPrefix(string(data), "\ufeff"), "\r\n", "\n")
	}
	return ""
}
