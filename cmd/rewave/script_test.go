package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/testkit"
	"github.com/rewave/rewave/workers"
)

var update = flag.Bool("update", false, "rewrite what the scripts expect")

// The scripts and the README call rewave by its name: it is this binary, which
// hands its arguments to run.
func TestMain(m *testing.M) {
	os.Exit(tidied{m}.Run())
}

// tidied removes the program that demos and scripts were run with, after all tests.
type tidied struct{ *testing.M }

func (m tidied) Run() int {
	code := m.M.Run()
	if path := built.Load(); path != nil {
		if err := os.RemoveAll(filepath.Dir(*path)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return code
}

// Each script of testdata/script drives the command line as a person would. Its
// first line says what it shows.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", UpdateScripts: *update, RequireExplicitExec: true, RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error {
			bin, err := program()
			if err != nil {
				return err
			}
			env.Setenv("PATH", filepath.Dir(bin)+string(filepath.ListSeparator)+env.Getenv("PATH"))
			env.Setenv("REWAVE_DATA", os.Getenv("REWAVE_DATA"))
			env.Values["script"] = &script{TB: env.T().(testing.TB)}
			return os.CopyFS(filepath.Join(env.WorkDir, "campaigns"), campaigns.Library())
		},
		Cmds: scriptCommands,
		// [data]: the folder of real data sets is there, as $REWAVE_DATA.
		Condition: func(name string) (bool, error) {
			if name != "data" {
				return false, fmt.Errorf("there is no condition %q", name)
			}
			return os.Getenv("REWAVE_DATA") != "", nil
		},
	})
}

// script is what one script holds besides its files.
type script struct {
	testing.TB
	db *testkit.DB
}

func of(ts *testscript.TestScript) *script { return ts.Value("script").(*script) }

// deadline is how long anything that a script waits for may take.
const deadline = 60 * time.Second

var scriptCommands = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	// exits CODE COMMAND...: run it, and hold it to its exit code.
	"exits": func(ts *testscript.TestScript, _ bool, args []string) {
		want, err := strconv.Atoi(args[0])
		ts.Check(err)
		got := 0
		if err := ts.Exec(args[1], args[2:]...); err != nil {
			var exit *exec.ExitError
			if !errors.As(err, &exit) {
				ts.Fatalf("%v", err)
			}
			got = exit.ExitCode()
		}
		if got != want {
			ts.Fatalf("exit code: got %d, want %d", got, want)
		}
	},

	// database [empty]: a database of the script's own, migrated unless empty.
	"database": func(ts *testscript.TestScript, _ bool, args []string) {
		s := of(ts)
		if len(args) == 0 {
			s.db = testkit.NewDB(s)
		} else {
			s.db = &testkit.DB{DSN: testkit.NewEmptyDB(s)}
		}
		ts.Setenv("DATABASE_URL", s.db.DSN)
	},

	// redis [POLICY]: a Redis of the script's own; with a policy a whole server.
	"redis": func(ts *testscript.TestScript, _ bool, args []string) {
		if len(args) == 0 {
			ts.Setenv("REDIS_URL", testkit.NewRedis(of(ts)))
			return
		}
		dir, err := os.MkdirTemp("", "rewave-redis-") // short enough for a socket
		ts.Check(err)
		socket := filepath.Join(dir, "s")
		c := exec.Command("redis-server", "--port", "0", "--unixsocket", socket, "--save", "", "--dir", dir, "--maxmemory-policy", args[0])
		c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		ts.Check(c.Start())
		ts.Defer(func() {
			if err := errors.Join(c.Process.Kill(), os.RemoveAll(dir)); err != nil {
				of(ts).Error(err)
			}
			_ = c.Wait() // it was killed
		})
		eventually(of(ts), "Redis answers", func() bool {
			var said strings.Builder
			_, err := workers.Connect(context.Background(), "unix://"+socket, slog.New(slog.NewTextHandler(&said, nil)))
			return said.Len() == 0 && (err == nil || strings.Contains(err.Error(), args[0]))
		})
		ts.Setenv("REDIS_URL", "unix://"+socket)
		ts.Setenv("SOCKET", socket)
	},

	// sql STATEMENT: as the owner; guards off, so that promises can be broken.
	"sql": func(ts *testscript.TestScript, _ bool, args []string) {
		s := of(ts)
		s.db.Exec(s, "do $do$ begin set local session_replication_role = replica; "+args[0]+"; end $do$")
	},

	// rows QUERY: prints its only column.
	"rows": func(ts *testscript.TestScript, _ bool, args []string) {
		s := of(ts)
		for _, row := range testkit.List[string](s, s.db, args[0]) {
			fmt.Fprintln(ts.Stdout(), row)
		}
	},

	// scrub stdout|stderr: what differs from run to run gets a name.
	"scrub": func(ts *testscript.TestScript, _ bool, args []string) {
		text := ts.ReadFile(args[0])
		for _, name := range []string{"WORK", "ADDRESS", "SOCKET"} {
			if value := ts.Getenv(name); value != "" {
				text = strings.ReplaceAll(text, value, "$"+name)
			}
		}
		for _, s := range scrubs {
			text = s.of.ReplaceAllString(text, s.name)
		}
		fmt.Fprint(ts.Stdout(), text)
	},

	// now NAME: the next whole second, UTC.
	"now": func(ts *testscript.TestScript, _ bool, args []string) {
		ts.Setenv(args[0], time.Now().UTC().Add(time.Second).Truncate(time.Second).Format(time.RFC3339))
	},

	// expand FILE: its environment variables get their values.
	"expand": func(ts *testscript.TestScript, _ bool, args []string) {
		text := os.Expand(ts.ReadFile(args[0]), ts.Getenv)
		ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
	},

	// repeat FILE N LINE: adds the line so many times.
	"repeat": func(ts *testscript.TestScript, _ bool, args []string) {
		n, err := strconv.Atoi(args[1])
		ts.Check(err)
		ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(ts.ReadFile(args[0])+strings.Repeat(args[2]+"\n", n)), 0o600))
	},

	// shuffle FILE SEED: its lines in another order, but for the first.
	"shuffle": func(ts *testscript.TestScript, _ bool, args []string) {
		seed, err := strconv.ParseUint(args[1], 10, 64)
		ts.Check(err)
		lines := strings.SplitAfter(ts.ReadFile(args[0]), "\n")
		below := lines[1 : len(lines)-1]
		rand.New(rand.NewPCG(seed, 0)).Shuffle(len(below), func(i, j int) { below[i], below[j] = below[j], below[i] })
		ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Join(lines, "")), 0o600))
	},

	// recode FILE HOW: gzip, parquet (of a CSV file, columns of text), gb18030, windows-1252,
	// or cut, which takes the last tenth away.
	"recode": func(ts *testscript.TestScript, _ bool, args []string) {
		text := []byte(ts.ReadFile(args[0]))
		switch args[1] {
		case "gzip":
			var b bytes.Buffer
			z := gzip.NewWriter(&b)
			_, err := z.Write(text)
			ts.Check(errors.Join(err, z.Close()))
			text = b.Bytes()
		case "parquet":
			text = asParquet(ts, text)
		case "gb18030":
			var err error
			text, err = simplifiedchinese.GB18030.NewEncoder().Bytes(text)
			ts.Check(err)
		case "windows-1252":
			var err error
			text, err = charmap.Windows1252.NewEncoder().Bytes(text)
			ts.Check(err)
		case "cut":
			text = text[:len(text)*9/10]
		}
		ts.Check(os.WriteFile(ts.MkAbs(args[0]), text, 0o600))
	},

	// occupy NAME: a port that someone else listens on.
	"occupy": func(ts *testscript.TestScript, _ bool, args []string) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		ts.Check(err)
		ts.Defer(func() { l.Close() })
		ts.Setenv(args[0], l.Addr().String())
	},

	// freeport NAME: an address where nobody listens.
	"freeport": func(ts *testscript.TestScript, _ bool, args []string) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		ts.Check(err)
		ts.Setenv(args[0], l.Addr().String())
		ts.Check(l.Close())
	},

	// count N QUERY: wait until the query's only value is N.
	"count": func(ts *testscript.TestScript, _ bool, args []string) {
		s := of(ts)
		eventually(s, args[1]+" is "+args[0], func() bool {
			return testkit.Get[string](s, s.db, "select ("+args[1]+")::text") == args[0]
		})
	},

	// http METHOD URL [FORM]: prints the status and the page's text.
	"http": func(ts *testscript.TestScript, _ bool, args []string) {
		var body io.Reader
		if len(args) > 2 {
			body = strings.NewReader(args[2])
		}
		eventually(of(ts), args[1]+" answers", func() bool {
			req, err := http.NewRequest(args[0], args[1], body)
			ts.Check(err)
			if body != nil {
				req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				return false
			}
			defer res.Body.Close()
			text, err := io.ReadAll(res.Body)
			ts.Check(err)
			fmt.Fprintf(ts.Stdout(), "%s\n%s", res.Status, text)
			return true
		})
	},

	// link NAME FILE: the unsubscribe link of a message.
	"link": func(ts *testscript.TestScript, _ bool, args []string) {
		files, err := filepath.Glob(ts.MkAbs(args[1]))
		ts.Check(err)
		if len(files) == 0 {
			ts.Fatalf("no file %s", args[1])
		}
		found := regexp.MustCompile(`http://[0-9.:]+/u/[A-Za-z0-9_.-]+`).FindString(ts.ReadFile(files[0]))
		if found == "" {
			ts.Fatalf("no link in %s:\n%s", files[0], ts.ReadFile(files[0]))
		}
		ts.Setenv(args[0], found)
	},

	// foreign FOLDER: another user's, where we may give things away.
	"foreign": func(ts *testscript.TestScript, _ bool, args []string) {
		if os.Geteuid() != 0 {
			ts.Setenv(args[0], "/root")
			return
		}
		dir := filepath.Join(ts.Getenv("WORK"), "foreign")
		ts.Check(os.Mkdir(dir, 0o755))
		ts.Check(os.Chown(dir, 65534, 65534))
		ts.Setenv(args[0], dir)
	},
}

// asParquet is a CSV file as Parquet; a cell with nothing in it is a null.
func asParquet(ts *testscript.TestScript, text []byte) []byte {
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	ts.Check(err)
	columns := parquet.Group{}
	for _, name := range rows[0] {
		columns[name] = parquet.Optional(parquet.String())
	}
	schema := parquet.NewSchema("table", columns)
	var out bytes.Buffer
	w := parquet.NewGenericWriter[map[string]any](&out, schema)
	for _, row := range rows[1:] {
		cells := map[string]any{}
		for i, name := range rows[0] {
			if row[i] != "" {
				cells[name] = row[i]
			}
		}
		_, err := w.Write([]map[string]any{cells})
		ts.Check(err)
	}
	ts.Check(w.Close())
	return out.Bytes()
}

var scrubs = []struct {
	of   *regexp.Regexp
	name string
}{
	{regexp.MustCompile(`/u/[A-Za-z0-9_-]{38}`), "/u/LINK"},
	{regexp.MustCompile(`\d+\.\d s\b`), "0.0 s"},
	{regexp.MustCompile(`"seconds": [0-9.]+`), `"seconds": 0`},
	{regexp.MustCompile(`\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ`), "2026-01-01T00:00:00Z"},
	{regexp.MustCompile(`\b20\d\d-\d\d-\d\d \d\d:\d\d UTC`), "2026-01-01 00:00 UTC"},
	{regexp.MustCompile(`(?m)^  20\d\d-\d\d-\d\d \d\d:\d\d  `), "  2026-01-01 00:00  "},
	{regexp.MustCompile(`since 20\d\d-\d\d-\d\d \d\d:\d\d`), "since 2026-01-01 00:00"},
	{regexp.MustCompile(`next entry [A-Z][a-z]{2} \d+ [A-Z][a-z]{2} (20\d\d )?`), "next entry Mon 1 Jan "},
	{regexp.MustCompile(`since 20\d\d-\d\d-\d\d`), "since 2026-01-01"},
}

func eventually(t testing.TB, what string, done func() bool) {
	t.Helper()
	within(t, deadline, what, done)
}

// within is eventually for what takes its time.
func within(t testing.TB, deadline time.Duration, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	late := time.After(deadline)
	for !done() {
		select {
		case <-late:
			t.Fatalf("waited %s in vain: %s", deadline, what)
		case <-tick.C:
		}
	}
}
