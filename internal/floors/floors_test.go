// Package floors holds the house together: it reads every Go file of the module
// and compares what it imports with the storeys below. Its tables are the plan;
// whoever needs an import that they refuse has, as a rule, code in the wrong
// room.
package floors

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/rewave/rewave/"

// storeys says on which floor each package stands; one that ends in /… speaks
// for its subpackages too. Imports only go down.
var storeys = map[string]int{
	"internal/event": 0, "internal/order": 0, "internal/customer": 0, "internal/consent": 0, "internal/coupon": 0,
	"internal/holdout": 0, "internal/enrollment": 0, "internal/calendar": 0, "internal/stats": 0, "internal/source": 0,
	"internal/fault": 0, "internal/config": 0, "internal/gsm": 0, "internal/model": 0, "internal/assortment": 0, "migrations": 0,

	"rules": 1, "campaigns": 1,

	"internal/wave": 2, "internal/audience": 2, "internal/delivery": 2, "internal/evaluation": 2,
	"internal/shop": 2, "internal/chart": 2, "internal/scores": 2, "internal/analyze": 2,

	"internal/postgres": 3, "internal/channel/…": 3, "internal/message": 3, "internal/report": 3, "internal/scenario": 3,
	"internal/importer": 3, "internal/audit": 3, "internal/devstack": 3,

	"internal/engine": 4,

	"workers": 5, "internal/web/…": 5, "internal/replay": 5, "internal/simulation": 5, "internal/testkit": 5,
	"internal/evaluation/shopsim": 5, // made-up shops for tests; it feeds evaluation and is no part of it

	"cmd/rewave": 6,

	"internal/floors": 6, // only this test
}

// sideways lists who may import whom on the same floor; a package and its own
// subpackages may always, and anyone may import what is in ground.
var sideways = map[string][]string{
	"campaigns":           {"rules"},
	"internal/wave":       {"internal/audience"},
	"internal/delivery":   {"internal/audience"},
	"internal/analyze":    {"internal/evaluation"},                   // one set of codes, caps and words for both
	"internal/enrollment": {"internal/holdout", "internal/customer"}, // an enrollment names its customer
	"internal/customer":   {"internal/event", "internal/order"},
	"internal/consent":    {"internal/customer"},
	"internal/config":     {"internal/calendar", "internal/holdout", "internal/customer"}, // zones, quiet hours, shares and attributes are written there
	"internal/importer":   {"internal/postgres"},                                          // files become rows
	"internal/audit":      {"internal/postgres"},                                          // invariants are queries
	"internal/scenario":   {"internal/message"},                                           // what a test expects of a message is read in it
	"internal/replay":     {"workers"},
}

var ground = []string{"internal/fault", "internal/source", "internal/stats"}

// doors says which packages reach a third-party library, by the prefix of its
// import path. A file's name narrows a door to that file.
var doors = map[string][]string{
	"github.com/jackc/pgx/":          {"internal/postgres", "internal/devstack", "internal/testkit"},
	"github.com/pressly/goose/":      {"internal/postgres"},
	"github.com/hibiken/asynq":       {"workers", "cmd/rewave/wire.go"},
	"github.com/redis/go-redis/":     {"workers", "cmd/rewave/wire.go", "internal/devstack", "internal/testkit"},
	"github.com/alicebob/miniredis/": {"internal/devstack"},
	"github.com/expr-lang/expr":      {"rules"},
	"github.com/goccy/go-yaml":       {"internal/source"},
	"github.com/osteele/":            {"internal/message"},
	"github.com/Boostport/mjml-go":   {"internal/message"},
	"github.com/wneessen/go-mail":    {"internal/channel/…"},
	"github.com/emersion/go-smtp":    {"internal/channel/…"},
	"github.com/linxGnu/gosmpp":      {"internal/channel/…"},
	"github.com/6tail/lunar-go":      {"internal/calendar"},
	"github.com/teambition/rrule-go": {"internal/calendar"},
	"github.com/caarlos0/env/":       {"internal/config"},
	"github.com/spf13/cobra":         {"cmd/rewave"},
	"github.com/schollz/progressbar": {"cmd/rewave"},
	"github.com/jedib0t/go-pretty/":  {"cmd/rewave", "internal/report"},
	"github.com/google/uuid":         {"workers", "internal/postgres"},
	"gonum.org/v1/gonum":             {"internal/stats"},
	"github.com/parquet-go/":         {"internal/importer"},
	"golang.org/x/text/":             {"internal/source", "internal/importer", "internal/config", "internal/message"},
	"golang.org/x/net/html":          {"internal/message"},
	"golang.org/x/net/idna":          {"internal/customer"},
	"golang.org/x/sync/":             {"internal/importer", "internal/engine", "workers"},
	"golang.org/x/term":              {"cmd/rewave"},
	"github.com/prometheus/":         {"internal/web/metrics"},
	"golang.org/x/time/":             {"workers", "internal/web/…"},
}

// bans are the refusals that the storeys do not give by themselves. What ends
// in a stroke stands for everything below it.
var bans = []struct {
	rule string
	from []string
	to   []string
}{
	{"rule 2: stats and holdout import nothing of ours", []string{"internal/stats", "internal/holdout"}, []string{module}},
	{"rule 4: the engine knows no queue and no web", []string{"internal/engine"},
		[]string{module + "workers", module + "internal/web/", "github.com/hibiken/asynq", "net/http"}},
	{"rule 4: workers and web never meet", []string{"workers"}, []string{module + "internal/web/"}},
	{"rule 4: workers and web never meet", []string{"internal/web/…"}, []string{module + "workers"}},
	{"rule 6: rules know no campaigns", []string{"rules"}, []string{module + "campaigns"}},
	{"rule 6: campaigns know no waves that run", []string{"campaigns"}, []string{module + "internal/wave"}},
	{"rule 7: lift is computed on everyone assigned, not on those who were reached", []string{"internal/evaluation", "internal/report"},
		[]string{module + "internal/postgres", module + "internal/channel/", module + "internal/delivery"}},
	{"rule 9: for tests only", []string{"…"}, []string{module + "internal/testkit", module + "internal/simulation", module + "internal/evaluation/shopsim"}},
}

// impure is what storeys 0 to 2 do without; config, which reads the file and
// the environment, is the one exception.
var impure = []string{"net/http", "net", "os/", "database/", "log/", "context", "io/ioutil"}

// calls are the functions that some packages must not call.
var calls = []struct {
	rule  string
	from  []string
	names []string // package.Function, or .Method
}{
	{"rule 5: postgres never decides", []string{"internal/postgres"},
		[]string{"holdout.Assign", "wave.Plan", "delivery.Gate", "audience.Eligible"}},
	{"rule 8: console and API write only through the engine", []string{"internal/web/…"}, []string{".InTx", ".InTxRetry"}},
}

var clock = []string{"time.Now", "time.Since", "time.Until", "time.Sleep", "time.After", "time.NewTimer", "time.NewTicker", "time.AfterFunc", "time.Tick"}

// devstackDoors are the only files, tests apart, that start services.
var devstackDoors = []string{"cmd/rewave/demo.go", "cmd/rewave/dev.go", "internal/testkit/cluster.go", "internal/testkit/pair.go"}

// rooms are the folders at the top of the repository.
var rooms = []string{"campaigns", "cmd", "internal", "migrations", "rules", "workers"}

func TestImportsOnlyGoDown(t *testing.T) {
	t.Parallel()
	house := os.DirFS("../..")
	faults, err := inspect(house)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range faults {
		t.Error(f)
	}
}

func TestNothingIsAddedAtTheTop(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		built := e.Name() == "bin" // what make puts there is not in the repository
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") && !built && !slices.Contains(rooms, e.Name()) {
			t.Errorf("%s/ stands at the top; only %s do", e.Name(), strings.Join(rooms, ", "))
		}
	}
}

// inspect returns a line for each import or call that the tables refuse, sorted
// by file.
func inspect(house fs.FS) ([]string, error) {
	var faults []string
	err := fs.WalkDir(house, ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			// internal/tools is a module of its own.
			if name == "testdata" || name == "bin" || file == "internal/tools" || strings.HasPrefix(name, ".") && name != "." {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		text, err := fs.ReadFile(house, file)
		if err != nil {
			return err
		}
		found, err := inspectFile(file, text)
		faults = append(faults, found...)
		return err
	})
	return faults, err
}

func inspectFile(file string, text []byte) ([]string, error) {
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, file, text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	dir := path.Dir(file)
	floor, ok := storeyOf(dir)
	if !ok {
		return []string{fmt.Sprintf("%s: package %s has no storey; give it one in internal/floors", file, dir)}, nil
	}
	var faults []string
	refuse := func(pos token.Pos, what, rule string) {
		faults = append(faults, fmt.Sprintf("%s:%d: %s: %s", file, set.Position(pos).Line, what, rule))
	}
	pure := floor <= 2 && dir != "internal/config"
	for _, spec := range tree.Imports {
		to, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		for _, rule := range refusals(file, dir, to, floor, pure) {
			refuse(spec.Pos(), "imports "+to, rule)
		}
	}
	ast.Inspect(tree, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.GoStmt:
			if pure {
				refuse(node.Pos(), "starts a goroutine", "rule 3: storeys 0 to 2 are pure")
			}
		case *ast.SelectorExpr:
			name := "." + node.Sel.Name
			full := name
			if x, ok := node.X.(*ast.Ident); ok {
				full = x.Name + name
			}
			if pure && slices.Contains(clock, full) {
				refuse(node.Pos(), "uses "+full, "rule 3: storeys 0 to 2 have no clock; take the time as an argument")
			}
			for _, ban := range calls {
				if within(dir, ban.from) && (slices.Contains(ban.names, full) || slices.Contains(ban.names, name)) {
					refuse(node.Pos(), "uses "+full, ban.rule)
				}
			}
		}
		return true
	})
	return faults, nil
}

// refusals names the rules that an import breaks.
func refusals(file, dir, to string, floor int, pure bool) []string {
	var broken []string
	for _, ban := range bans {
		if within(dir, ban.from) && within(to, ban.to) {
			broken = append(broken, ban.rule)
		}
	}
	ours, mine := strings.CutPrefix(to, module)
	switch {
	case mine && ours == "internal/devstack" && !slices.Contains(devstackDoors, file):
		broken = append(broken, "rule 9: only "+strings.Join(devstackDoors, ", ")+" start services")
	case mine:
		below, ok := storeyOf(ours)
		switch {
		case !ok:
			broken = append(broken, "it has no storey; give it one in internal/floors")
		case below > floor:
			broken = append(broken, fmt.Sprintf("imports only go down: storey %d must not see storey %d", floor, below))
		case below == floor && !slices.Contains(ground, ours) && !family(dir, ours) && !slices.Contains(sideways[dir], ours):
			broken = append(broken, fmt.Sprintf("both are on storey %d, and sideways there is no such door", floor))
		}
	case strings.Contains(strings.Split(to, "/")[0], "."):
		if rule := door(file, dir, to); rule != "" {
			broken = append(broken, rule)
		}
	case pure && within(to, impure):
		broken = append(broken, "rule 3: storeys 0 to 2 are pure")
	}
	return broken
}

// door is the rule that a third-party import breaks, or "".
func door(file, dir, to string) string {
	for library, through := range doors {
		if to+"/" == library || strings.HasPrefix(to, library) {
			if within(dir, through) || slices.Contains(through, file) {
				return ""
			}
			return "rule 1: one library, one door: " + strings.Join(through, ", ")
		}
	}
	return "rule 1: no package is the door to this library; name one in internal/floors"
}

func storeyOf(dir string) (int, bool) {
	for pattern, floor := range storeys {
		if within(dir, []string{pattern}) {
			return floor, true
		}
	}
	return 0, false
}

// within says whether name is one of patterns. One that ends in a stroke or in
// /… also stands for everything below it, and … alone for everything.
func within(name string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		root, deep := strings.CutSuffix(pattern, "…")
		root, stroke := strings.CutSuffix(root, "/")
		return name == root || deep && root == "" || (deep || stroke) && strings.HasPrefix(name, root+"/")
	})
}

// family says whether one package lies in the other's folder, or both do in a
// folder that has one storey for all of it.
func family(a, b string) bool {
	for pattern := range storeys {
		if strings.HasSuffix(pattern, "/…") && within(a, []string{pattern}) && within(b, []string{pattern}) {
			return strings.HasPrefix(a, b+"/") || strings.HasPrefix(b, a+"/")
		}
	}
	return false
}
