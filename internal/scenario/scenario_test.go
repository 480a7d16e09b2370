package scenario_test

import (
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/config"
	"github.com/rewave/rewave/internal/scenario"
	"github.com/rewave/rewave/internal/source"
)

var update = flag.Bool("update", false, "rewrite what the runs of testdata are expected to say")

// run plays every case of a folder and returns what it says.
func run(t testing.TB, folder fs.FS) string {
	t.Helper()
	c, err := campaigns.Load(folder, ".", campaigns.Options{})
	if err != nil {
		t.Fatal(err)
	}
	files, err := scenario.Load(folder, ".", "", c, config.Default())
	var faults source.List
	if errors.As(err, &faults) {
		return faults.Error() + "\n"
	}
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	r := scenario.NewRunner(c)
	for _, f := range files {
		for _, k := range f.Cases {
			result, err := r.Run(k)
			if err != nil {
				t.Fatal(err)
			}
			said.WriteString(result.Text(false))
		}
	}
	return said.String()
}

// unpack is the folder in an archive, with what it is expected to say.
func unpack(a *txtar.Archive) (folder fstest.MapFS, want string) {
	folder = fstest.MapFS{}
	for _, f := range a.Files {
		if f.Name == "want" {
			want = string(f.Data)
			continue
		}
		folder[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	return folder, want
}

func TestFolders(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			archive := txtar.Parse(data)
			folder, want := unpack(archive)
			got := run(t, folder)
			if *update {
				for i := range archive.Files {
					if archive.Files[i].Name == "want" {
						archive.Files[i].Data = []byte(got)
					}
				}
				if err := os.WriteFile(name, txtar.Format(archive), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(got, want); diff != "" {
				t.Errorf("-got +want:\n%s", diff)
			}
		})
	}
}

// archive is the folder of one of testdata's archives.
func archive(t testing.TB, name string) fstest.MapFS {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	folder, _ := unpack(txtar.Parse(data))
	return folder
}

func TestRunsAreAlike(t *testing.T) {
	t.Parallel()
	folder := archive(t, "order")
	first := run(t, folder)
	for range 5 {
		if diff := cmp.Diff(run(t, folder), first); diff != "" {
			t.Fatalf("-again +first:\n%s", diff)
		}
	}
}

func TestACaseThatNeverEndsIsStopped(t *testing.T) {
	t.Parallel()
	folder := archive(t, "event")
	folder["campaign.yaml"] = &fstest.MapFile{Data: []byte(strings.NewReplacer("on: {event: Order Delayed}", `schedule: {every: day, at: "10:00"}`,
		`event.number("days") >= 2`, "customer.email_known", "{{ event.days }} days later", "Hello",
		`New date: {{ event.promised | date: "%d.%m.%Y" }}.`, "Hello").Replace(string(folder["campaign.yaml"].Data)))}
	for _, name := range []string{"subject.txt", "text.txt"} {
		folder["messages/notice/"+name] = &fstest.MapFile{Data: []byte("Hello\n")}
	}
	var customers strings.Builder
	for i := range 500 {
		customers.WriteString("  - {id: c" + strconv.Itoa(i) + "}\n")
	}
	folder["campaign.test.yaml"] = &fstest.MapFile{Data: []byte("at: \"2026-03-02\"\nuntil: \"2034-03-02\"\ncustomers:\n" + customers.String() +
		"expect:\n  - {customer: c1, arm: treat}\n")}
	got := run(t, folder)
	if !strings.Contains(got, "the case is too long; until: bounds it") {
		t.Errorf("got\n%.300s", got)
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"basics", "gate", "order", "faults"} {
		f.Add(archive(f, name)["campaign.test.yaml"].Data)
	}
	campaign, err := campaigns.Load(archive(f, "order"), ".", campaigns.Options{})
	if err != nil {
		f.Fatal(err)
	}
	r := scenario.NewRunner(campaign)
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := scenario.Parse("f.test.yaml", data, campaign, config.Default())
		if err != nil {
			var faults source.List
			if !errors.As(err, &faults) {
				t.Fatalf("no fault of the file: %v", err)
			}
			return
		}
		for _, k := range file.Cases {
			result, err := r.Run(k)
			if err != nil {
				t.Fatal(err)
			}
			result.Text(true)
		}
	})
}

// BenchmarkCases plays 2,000 cases, from 100 folders of 20.
func BenchmarkCases(b *testing.B) {
	folder := archive(b, "gate")
	for b.Loop() {
		played := 0
		for played < 2000 {
			c, err := campaigns.Load(folder, ".", campaigns.Options{})
			if err != nil {
				b.Fatal(err)
			}
			files, err := scenario.Load(folder, ".", "", c, config.Default())
			if err != nil {
				b.Fatal(err)
			}
			r := scenario.NewRunner(c)
			for _, k := range files[0].Cases {
				if _, err := r.Run(k); err != nil {
					b.Fatal(err)
				}
				played++
			}
		}
	}
}
