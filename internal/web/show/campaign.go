package show

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/rewave/rewave/internal/fault"
)

const (
	maxFiles = 500     // of a campaign, listed
	maxFile  = 1 << 20 // bytes of one, shown
	first    = "campaign.yaml"
)

// written is a campaign's folder and one of its files.
type written struct {
	Name           string
	Reports, Plans bool
	Files          []string
	File           string
	Lines          []string
	Lacks          string // why there are no lines
}

func (s *site) campaign(w http.ResponseWriter, r *http.Request) error {
	c, err := s.named(r)
	if err != nil {
		return err
	}
	v := written{Name: c.Name, Reports: s.Report != nil, Plans: s.Plan != nil, File: r.PathValue("file")}
	asked := v.File != ""
	if !asked {
		v.File = first
	}
	folder := c.Folder
	if folder == "" {
		// The name comes from the caller's list. That it is one element of a path is
		// checked all the same.
		if !filepath.IsLocal(c.Name) || strings.ContainsAny(c.Name, `/\`) {
			return noPage()
		}
		folder = filepath.Join(s.Dir, "campaigns", c.Name)
	}
	root, err := os.OpenRoot(folder) // no link inside leads out of it
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fault.New(fault.NotFound, say("error.folder"), "")
	case err != nil:
		return fmt.Errorf("campaign %s: %w", c.Name, err)
	}
	defer root.Close() // only read from
	if v.Files, err = list(root.FS()); err != nil {
		return fmt.Errorf("campaign %s: %w", c.Name, err)
	}
	if !slices.Contains(v.Files, v.File) {
		return fault.New(fault.NotFound, say("error.file"), say("error.file.hint"))
	}
	text, err := read(root.FS(), v.File)
	switch {
	case errors.Is(err, errLong):
		v.Lacks = say("campaign.long")
	case err != nil:
		return fmt.Errorf("campaign %s: %w", c.Name, err)
	case !utf8.Valid(text) || slices.Contains(text, 0):
		v.Lacks = say("campaign.binary")
	case len(text) == 0:
		v.Lacks = say("campaign.empty")
	default:
		v.Lines = strings.Split(strings.TrimSuffix(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n"), "\n")
	}
	title := c.Name
	if asked {
		title = v.File + " · " + c.Name
	}
	return s.show(w, r, "campaign", "", title, v)
}

// list is the plain files of a folder, campaign.yaml first.
func list(folder fs.FS) ([]string, error) {
	var names []string
	err := fs.WalkDir(folder, ".", func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name != "." && strings.HasPrefix(e.Name(), "."):
			if e.IsDir() {
				return fs.SkipDir
			}
		case e.Type().IsRegular():
			names = append(names, name)
		}
		if len(names) == maxFiles {
			return fs.SkipAll
		}
		return nil
	})
	// The files at the top say what the campaign is; those below are its messages.
	slices.SortStableFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
	})
	return names, err
}

func rank(name string) int {
	switch {
	case name == first:
		return 0
	case !strings.Contains(name, "/"):
		return 1
	}
	return 2
}

var errLong = errors.New("too long to show")

// read refuses a file that is too long to show before it is read.
func read(folder fs.FS, name string) ([]byte, error) {
	info, err := fs.Stat(folder, name)
	switch {
	case err != nil:
		return nil, err
	case info.Size() > maxFile:
		return nil, errLong
	}
	return fs.ReadFile(folder, name)
}
