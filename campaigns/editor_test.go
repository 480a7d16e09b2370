package campaigns

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/source"
)

// onlyTheLoader are the faults that no JSON Schema can see, or that it can put
// only on another line, by what the loader says of them.
var onlyTheLoader = []struct {
	why  string
	says *regexp.Regexp
}{
	{"a rule has a grammar and an environment of its own", regexp.MustCompile(`^(enter\.when|strata\.by|evaluation\.by\[\d+\]): (.*has no field|there is no|a number is compared|this gives|"order" is known only|.* is not a date)`)},
	{"a name must be one that is written elsewhere in the file", regexp.MustCompile(`: unknown (wave|point|stratum|look) `)},
	{"names are unique among the members of a list", regexp.MustCompile(`: there are two waves`)},
	{"waves are followed from one to the next", regexp.MustCompile(`: waves wait for one another in a circle`)},
	{"variants and strata are gone through together", regexp.MustCompile(`: there is no message for `)},
	{"two values are compared", regexp.MustCompile(`is never open|the window \S+ to \S+ is empty`)},
	{"shares are added up", regexp.MustCompile(`: the shares of the variants add up to`)},
	{"quiet hours and coupon pools are not in the file", regexp.MustCompile(`lies in the quiet hours|there is no coupon pool`)},
	{"messages are other files", regexp.MustCompile(`\.message: (messages/|there is no folder)`)},
	{"to a schema a text is the same with quotes and without", regexp.MustCompile(`: must be in quotes`)},
	{"bytes that are no UTF-8 are replaced before a schema sees them", regexp.MustCompile(`is not UTF-8 from here on`)},
	{"a schema puts what is missing or too much on the line where the keys begin", regexp.MustCompile(`none needs a reason|because is only for|exclude one another|the campaign has no strata|"message" is missing`)},
}

// What an editor shows while a campaign is written is what the loader says: for
// every fixture ajv and the YAML language server come to the loader's verdict,
// and the server underlines each line on which the loader finds a fault, but for
// what a schema cannot say.
func TestEditorsAgree(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put := func(name string, data []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("campaign.schema.json", Schema())
	faults := map[string]source.List{}
	for _, file := range slices.Concat(glob(t, "testdata/*.good.yaml"), glob(t, "testdata/*.bad.yaml")) {
		data := slurp(t, file)
		put(filepath.Base(file), []byte(data))
		var list source.List
		if _, err := Load(folder(data), "c", evening); err != nil && !errors.As(err, &list) {
			t.Fatal(err)
		}
		faults[filepath.Base(file)] = list
	}
	got := askEditors(t, dir)
	if len(got.Examples) > 0 {
		t.Errorf("examples of the schema that it refuses:\n%s", strings.Join(got.Examples, "\n"))
	}
	for file, list := range faults {
		visible := slices.DeleteFunc(slices.Clone(list), func(d source.Diagnostic) bool { return !visibleToSchema(d) })
		elsewhere := len(visible) < len(list)
		for reader, said := range map[string][]string{"ajv": got.Ajv[file], "the language server": got.Server[file]} {
			switch {
			case len(list) == 0 && len(said) > 0:
				t.Errorf("%s: %s refuses it: %v", file, reader, said)
			case len(visible) > 0 && len(said) == 0, len(list) > 0 && len(said) == 0 && !elsewhere:
				t.Errorf("%s: %s accepts it, the loader says:\n%s", file, reader, list)
			}
		}
		underlined := map[int]bool{}
		for _, said := range got.Server[file] {
			line, _, _ := strings.Cut(said, ":")
			n, err := strconv.Atoi(line)
			if err != nil {
				t.Fatal(err)
			}
			underlined[n] = true
		}
		for _, d := range visible {
			if d.Line > 0 && !underlined[d.Line] {
				t.Errorf("%s: the language server does not underline line %d: %s\n%s", file, d.Line, d, strings.Join(got.Server[file], "\n"))
			}
		}
	}
	if len(got.Ajv) != len(faults) || len(got.Server) != len(faults) {
		t.Errorf("%d files, %d and %d verdicts", len(faults), len(got.Ajv), len(got.Server))
	}
}

func visibleToSchema(d source.Diagnostic) bool {
	text := d.Path + ": " + d.Message
	for _, o := range onlyTheLoader {
		if o.says.MatchString(text) {
			return false
		}
	}
	return true
}

// An editor offers the keys that may stand where the cursor is, and their words.
func TestEditorsComplete(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	questions := map[string]struct {
		text string
		want []string
	}{
		"top.ask.yaml":     {"campaign: a\n|", without(topTable.names(), "campaign")},
		"enter.ask.yaml":   {"campaign: a\nenter:\n  |", enterTable.names()},
		"wave.ask.yaml":    {"waves:\n  - wave: a\n    |", without(waveTable.names(), "wave")},
		"coupon.ask.yaml":  {"waves:\n  - wave: a\n    coupon:\n      |", couponTable.names()},
		"point.ask.yaml":   {"evaluation:\n  points:\n    p:\n      |", pointTable.names()},
		"holdout.ask.yaml": {"campaign: a\nholdout: |", []string{"20%", "auto", "none"}},
		"kind.ask.yaml":    {"waves:\n  - wave: a\n    kind: |", waveKinds},
		"stale.ask.yaml":   {"if_feed_stale: |", staleAnswers},
		"every.ask.yaml":   {"enter:\n  schedule:\n    every: |", recurrences},
	}
	for name, q := range questions {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(q.text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "campaign.schema.json"), Schema(), 0o600); err != nil {
		t.Fatal(err)
	}
	answers := askEditors(t, dir).Completion
	for name, q := range questions {
		got := slices.DeleteFunc(slices.Sorted(slices.Values(answers[name])), func(label string) bool {
			return strings.Contains(label, "A campaign") // the server also offers the schema itself
		})
		if diff := cmp.Diff(got, slices.Sorted(slices.Values(q.want))); diff != "" {
			t.Errorf("%s (-got +want):\n%s", q.text, diff)
		}
	}
}

func without(words []string, word string) []string {
	return slices.DeleteFunc(slices.Clone(words), func(w string) bool { return w == word })
}

// Every key tells an editor what it means, and stands in README.md.
func TestKeysAreDocumented(t *testing.T) {
	t.Parallel()
	readme := slurp(t, "README.md")
	seen := map[string]bool{}
	for _, table := range tables() {
		for _, k := range table.keys {
			if !strings.HasSuffix(k.says, ".") {
				t.Errorf("%s: %q is not a sentence", k.name, k.says)
			}
			if !seen[k.name] && !strings.Contains(readme, k.name) {
				t.Errorf("README.md does not know the key %q", k.name)
			}
			seen[k.name] = true
		}
	}
	if n := len(slices.Collect(maps.Keys(seen))); n < 60 {
		t.Errorf("only %d keys", n)
	}
}

func tables() []table {
	return []table{topTable, enterTable, eventTable, scheduleTable, occasionTable, roundTable, strataTable, waveTable, afterTable,
		couponTable, partTable, variantTable, limitTable, evaluationTable, pointTable, anchorTable, expectTable}
}

type editors struct {
	Ajv        map[string][]string
	Server     map[string][]string
	Completion map[string][]string
	Examples   []string
}

// askEditors runs ajv and the YAML language server over a folder. They are
// installed by make deps; without them the test is skipped, and fails where CI
// is set.
func askEditors(t *testing.T, dir string) editors {
	t.Helper()
	const tools = "../internal/tools"
	out, err := exec.Command("sh", tools+"/peers.sh").Output()
	if err != nil {
		t.Fatal(err)
	}
	peers := strings.TrimSpace(string(out))
	node := "node"
	if own, err := filepath.Glob(filepath.Join(peers, "node_modules/node-linux-*/bin/node")); err == nil && len(own) > 0 {
		node = own[0]
	}
	if _, err := os.Stat(filepath.Join(peers, "node_modules")); err != nil || exec.Command(node, "--version").Run() != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the editors' side of the schema is NOT TESTED: there is no node, or nothing in %s; run make deps", peers)
		}
		t.Skipf("NOT TESTED: there is no node, or nothing in %s; run make deps", peers)
	}
	run := exec.Command(node, tools+"/peers/editor.mjs", filepath.Join(dir, "campaign.schema.json"), dir)
	run.Env = append(os.Environ(), "PEERS="+peers)
	var errs bytes.Buffer
	run.Stderr = &errs
	data, err := run.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, &errs)
	}
	var got editors
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	return got
}
