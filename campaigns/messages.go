package campaigns

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/rewave/rewave/internal/source"
)

// The files of a message folder, and of each locale's folder in it.
const (
	subjectFile = "subject.txt"
	textFile    = "text.txt"
	htmlFile    = "body.html"
	smsFile     = "sms.txt"
)

var (
	messageFiles = []string{subjectFile, textFile, htmlFile, smsFile}
	// channelFiles are what a wave on a channel cannot do without.
	channelFiles = map[string][]string{"email": {subjectFile, textFile}, "sms": {smsFile}}
	channelHints = map[string]string{"email": "an e-mail has a subject and a text", "sms": "what an SMS says; subject and text are for e-mail"}

	localeName = regexp.MustCompile(`^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$`)
)

// folderRead is a message folder of which all files are read.
type folderRead struct {
	locales []string        // in order; the first is "", for everybody else
	has     map[string]bool // files there are, by their path below the folder; missing ones that were reported, too
}

// message reads a message folder, once however many waves use it, and returns
// the path as written, or "" where it is none. A path is literal and stays below
// the campaign's folder. The folder needs what the channels need, in every locale.
func (w *writing) message(n source.Node, channels []string) string {
	folder, ok := n.Full()
	if !ok {
		return ""
	}
	if !fs.ValidPath(folder) || folder == "." || strings.ContainsAny(folder, `\`+"\n") {
		n.Report(fmt.Sprintf("%q is not a folder below the campaign's", folder), `without "..", "." and a "/" at either end: messages/thanks`)
		return ""
	}
	f := w.folders[folder]
	if f == nil {
		f = &folderRead{has: map[string]bool{}}
		w.folders[folder] = f
		w.messageFolder(n, folder, f)
	}
	for _, locale := range f.locales {
		for _, channel := range channels {
			for _, name := range channelFiles[channel] {
				file := path.Join(locale, name)
				if f.has[file] {
					continue
				}
				f.has[file] = true
				hint := channelHints[channel]
				if locale != "" {
					hint = "each locale has all files: none is taken from another"
				}
				n.Report(path.Join(folder, file)+" is missing", hint)
			}
		}
	}
	return folder
}

func (w *writing) messageFolder(n source.Node, folder string, f *folderRead) {
	if _, err := fs.ReadDir(w.fsys, path.Join(w.dir, folder)); err != nil {
		n.Report(fmt.Sprintf("there is no folder %s", w.options.name(w.dir, folder)),
			"it holds "+subjectFile+" and "+textFile+" for e-mail, "+smsFile+" for SMS and, if you like, "+htmlFile)
		return
	}
	if w.c.Messages == nil {
		w.c.Messages = map[string]Message{}
	}
	m := Message{}
	w.c.Messages[folder] = m
	f.locales = []string{""}
	m[""] = w.messageLocale(n, folder, "", f)
	for _, l := range f.locales[1:] {
		m[l] = w.messageLocale(n, folder, l, f)
	}
}

// messageLocale reads the files of one locale. In the folder of the message
// itself it also finds the other locales.
func (w *writing) messageLocale(n source.Node, folder, of string, f *folderRead) MessageFiles {
	var files MessageFiles
	dir := path.Join(folder, of)
	entries, err := fs.ReadDir(w.fsys, path.Join(w.dir, dir))
	if err != nil {
		n.Report(dir+" cannot be read", "")
	}
	into := map[string]*string{subjectFile: &files.Subject, textFile: &files.Text, htmlFile: &files.HTML, smsFile: &files.SMS}
	for _, e := range entries {
		name := e.Name()
		switch content := into[name]; {
		case strings.HasPrefix(name, "."):
		case content != nil:
			f.has[path.Join(of, name)] = true
			*content = w.messageFile(n, path.Join(dir, name))
		case of == "" && localeName.MatchString(name) && w.isFolder(path.Join(dir, name)):
			f.locales = append(f.locales, name)
		default:
			n.Report(path.Join(dir, name)+" is not a part of a message", w.strangeHint(dir, name))
		}
	}
	files.Subject = strings.TrimRight(files.Subject, "\r\n")
	if strings.ContainsAny(files.Subject, "\r\n") {
		n.Report(path.Join(dir, subjectFile)+" has more than one line", "a subject is one line")
	}
	return files
}

func (w *writing) strangeHint(dir, name string) string {
	if w.isFolder(path.Join(dir, name)) {
		return "a folder in it is a locale, such as zh or zh-CN"
	}
	if near := source.Suggest(name, messageFiles); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return "a message has " + strings.Join(messageFiles, ", ") + ", and folders of locales"
}

func (w *writing) isFolder(name string) bool {
	info, err := fs.Stat(w.fsys, path.Join(w.dir, name))
	return err == nil && info.IsDir()
}

func (w *writing) messageFile(n source.Node, file string) string {
	data, err := read(w.fsys, path.Join(w.dir, file))
	switch {
	case err != nil:
		n.Report(file+" cannot be read", "")
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
