package postgres_test

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/internal/testkit"
)

func TestEveryStatementFitsTheSchema(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), testkit.NewDB(t).DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	// What a transaction makes for itself.
	if _, err := conn.Exec(t.Context(), "create temp table segment_now (customer_id bigint primary key)"); err != nil {
		t.Fatal(err)
	}
	for _, name := range statementFiles(t) {
		text, err := os.ReadFile("sql/" + name + ".sql")
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(text), "-- ") {
			t.Errorf("sql/%s.sql does not begin with its contract", name)
		}
		if _, err := conn.Prepare(t.Context(), name, string(text)); err != nil {
			t.Errorf("sql/%s.sql: %v", name, err)
		}
	}
}

// A file is called by its name in a Go file, or with its whole folder where a
// folder's name ends in a stroke: `statement("audit/" + probe)`.
func TestEveryStatementIsCalledAndEveryCallHasOne(t *testing.T) {
	t.Parallel()
	literal := regexp.MustCompile(`(statement\()?"([a-z_]+/[a-z_]*)"`)
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	files := statementFiles(t)
	called := map[string]bool{}
	for _, path := range sources {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range literal.FindAllStringSubmatch(string(text), -1) {
			call, name := match[1] != "", match[2]
			for _, file := range files {
				if file == name || strings.HasSuffix(name, "/") && strings.HasPrefix(file, name) {
					called[file] = true
				}
			}
			if call && !strings.HasSuffix(name, "/") && !called[name] {
				t.Errorf("%s calls sql/%s.sql, which is not there", path, name)
			}
		}
	}
	for _, file := range files {
		if !called[file] {
			t.Errorf("sql/%s.sql is called nowhere", file)
		}
	}
}

// statementFiles names the files below sql, sorted.
func statementFiles(t *testing.T) []string {
	t.Helper()
	var names []string
	err := fs.WalkDir(os.DirFS("sql"), ".", func(path string, _ fs.DirEntry, err error) error {
		if name, ok := strings.CutSuffix(path, ".sql"); ok {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	return names
}
