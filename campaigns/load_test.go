package campaigns

import (
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/source"
)

var update = flag.Bool("update", false, "rewrite the expected diagnostics")

// folder is a campaign folder with the given campaign.yaml.
func folder(yaml string) fstest.MapFS {
	text := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	return fstest.MapFS{
		"c/campaign.yaml":               text(yaml),
		"c/messages/thanks/subject.txt": text("Thank you\n"),
		"c/messages/thanks/text.txt":    text("Hello\r\n{{ unsubscribe_url }}\n"),
		"c/messages/thanks/.DS_Store":   text("x"),
		"c/messages/coupon/subject.txt": text("A present"),
		"c/messages/coupon/text.txt":    text("Hello\n"),
		"c/messages/coupon/body.html":   text("<p>Hello\n"),
		"c/messages/broken/subject.txt": text("two\nlines"),
		"c/messages/broken/text.txt":    text("\xff"),
		"c/messages/broken/body.htm":    text("<p>"),
		"c/messages/broken/notes.md":    text("notes"),
		"c/messages/empty/subject.txt":  text(" \n"),
	}
}

var evening = Options{Root: "shop", Quiet: map[string]calendar.Window{"email": {From: 21 * 60, To: 9 * 60}}}

func TestGoodFixtures(t *testing.T) {
	t.Parallel()
	for _, file := range glob(t, "testdata/*.good.yaml") {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			if _, err := Load(folder(slurp(t, file)), "c", evening); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestBadFixtures(t *testing.T) {
	t.Parallel()
	for _, file := range glob(t, "testdata/*.bad.yaml") {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			_, err := Load(folder(slurp(t, file)), "c", evening)
			var list source.List
			if !errors.As(err, &list) {
				t.Fatalf("got %v, want diagnostics", err)
			}
			got, golden := list.Error()+"\n", file+".want"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(got, slurp(t, golden)); diff != "" {
				t.Errorf("-got +want\n%s", diff)
			}
		})
	}
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %v, %v", pattern, files, err)
	}
	return files
}

func slurp(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

const day = 24 * time.Hour

func TestLoadReadsEverything(t *testing.T) {
	t.Parallel()
	got, err := Load(folder(slurp(t, "testdata/whole.good.yaml")), "c", evening)
	if err != nil {
		t.Fatal(err)
	}
	want := Campaign{
		Name: "double11-new-buyers", Says: "Bring the new buyers of Double 11 back; five rounds.", Owner: "retention@shop.example",
		Enter: Enter{
			Schedule: &Schedule{AtDate: calendar.Date{Year: 2026, Month: 11, Day: 12}, Time: 600},
			When:     `orders.on("2026-11-11").revenue >= 299 and orders.before("2026-11-11").count == 0`,
			Again:    Again{After: 180 * day},
		},
		From: calendar.Date{Year: 2026, Month: 11, Day: 12}, Until: calendar.Date{Year: 2027, Month: 6, Day: 1},
		Holdout: Holdout{Share: 333_000_000},
		Exit:    []string{"repurchased"},
		Rounds:  Rounds{Times: 5, Every: 30 * day},
		Waves: []Wave{
			{Name: "thanks", After: After{Wait: day}, Between: &calendar.Window{From: 570, To: 1230}, Channels: []string{"email"}, Content: Content{Message: "messages/thanks"}},
			{Name: "coupon", After: After{Wave: "thanks", Wait: 3 * day}, Channels: []string{"email"}, Content: Content{Message: "messages/coupon"}, ExpiresAfter: 2 * day},
			{Name: "care", After: After{Wave: "coupon", Wait: 14 * day, RequiresAccepted: true}, Channels: []string{"email"}, Content: Content{Message: "messages/coupon"}},
		},
		Limits: Limits{PerCustomer: &Cap{Count: 4, Window: 14 * day}},
		Evaluation: Evaluation{
			Primary: Primary{Metric: "repurchase_rate", Point: "overall_30d"},
			Points: []Point{
				{Name: "coupon_10d", Anchor: Anchor{Wave: "coupon"}, Window: 10 * day},
				{Name: "overall_30d", Anchor: Anchor{Wave: "thanks", Round: 1}, Window: 30 * day},
				{Name: "programme", Anchor: Anchor{Entry: true}, Window: 180 * day},
				{Name: "sequence_2d", Anchor: Anchor{SequenceEnd: true}, Window: 2 * day},
			},
		},
		Version: got.Version, Design: got.Design, Dir: "shop/c",
		Messages: map[string]Message{
			"messages/thanks": {"": {Subject: "Thank you", Text: "Hello\n{{ unsubscribe_url }}\n"}},
			"messages/coupon": {"": {Subject: "A present", Text: "Hello\n", HTML: "<p>Hello\n"}},
		},
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	got, err := Load(folder(slurp(t, "testdata/least.good.yaml")), "c", Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := Campaign{
		Name: "least", Enter: Enter{On: "order_paid", When: "order.revenue >= 50"}, Holdout: Holdout{Because: "a trial of the templates on ourselves"},
		Rounds: Rounds{Times: 1},
		Waves:  []Wave{{Name: "a", Channels: []string{"email"}, Content: Content{Message: "messages/thanks"}}},
		Evaluation: Evaluation{
			Primary: Primary{Metric: "repurchase_rate", Point: "overall_30d"},
			Points:  []Point{{Name: "overall_30d", Anchor: Anchor{Wave: "a", Round: 1}, Window: 30 * day}},
		},
		Dir: "c",
	}
	if diff := cmp.Diff(got, want, cmpopts.IgnoreFields(Campaign{}, "Version", "Design", "Messages")); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
}

func TestLoadDir(t *testing.T) {
	t.Parallel()
	least := slurp(t, "testdata/least.good.yaml")
	files := fstest.MapFS{}
	add := func(dir, yaml string) {
		for name, f := range folder(yaml) {
			files[strings.Replace(name, "c/", dir+"/", 1)] = f
		}
	}
	add("one", least)
	add("two", least)
	add("three", strings.Replace(least, "on: order_paid", "on: order", 1))
	files["four/campaign.yml"] = &fstest.MapFile{Data: []byte(least)}
	files["notes/readme.txt"] = &fstest.MapFile{}
	files[".git/campaign.yaml"] = &fstest.MapFile{}

	found, err := LoadDir(files, Options{Root: "shop"})
	var names []string
	for _, c := range found {
		names = append(names, c.Dir)
	}
	if diff := cmp.Diff(names, []string{"shop/one"}); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
	want := `shop/four/campaign.yml: is not read (rename it to campaign.yaml)
shop/three/campaign.yaml:2:13: enter.on: unknown event to enter on "order" (known: order_paid)
shop/two/campaign.yaml:1:11: campaign: the campaign "least" is written in shop/one/campaign.yaml already (give one of them another name)`
	if diff := cmp.Diff(err.Error(), want); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
}

func TestNoCampaign(t *testing.T) {
	t.Parallel()
	files := folder("")
	for dir, what := range map[string]string{"other": "there is no such folder", "../c": "there is no such folder", "c/a\x00b": "there is no such folder",
		"c/messages": "there is no campaign.yaml in it", "c/campaign.yaml": "is a file"} {
		_, err := Load(files, dir, Options{})
		want := source.List{{File: dir, Message: what, Hint: "a campaign is a folder with a campaign.yaml"}}
		if diff := cmp.Diff(err, error(want)); diff != "" {
			t.Errorf("%q (-got +want):\n%s", dir, diff)
		}
	}
	_, err := LoadDir(fstest.MapFS{"a/b": {}}, evening)
	if f, ok := fault.Of(err); !ok || f.Code != fault.NotFound || f.Message != "there is no campaign in shop" {
		t.Errorf("got %v", err)
	}
}

// What each change does to the two hashes.
func TestVersionAndDesign(t *testing.T) {
	t.Parallel()
	base := slurp(t, "testdata/whole.good.yaml")
	load := func(files fs.FS) Campaign {
		t.Helper()
		c, err := Load(files, "c", Options{})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	was := load(folder(base))
	for _, test := range []struct{ name, old, new, want string }{
		{"a comment", "# yaml", "# other", ""},
		{"the order of keys", "says: Bring the new buyers of Double 11 back; five rounds.\nowner: retention@shop.example\n", "owner: retention@shop.example\nsays: Bring the new buyers of Double 11 back; five rounds.\n", ""},
		{"a default written down", "again: after 180d", "again:   after  180d", ""},
		{"what it says", "five rounds", "5 rounds", "version"},
		{"the end of entry", "2027-06-01", "2027-07-01", "version"},
		{"the slot", "10:00", "11:00", "version"},
		{"a window of the day", "09:30", "09:00", "version"},
		{"when a wave without a point goes out", "wait: 2w", "wait: 3w", "version design"}, // the end of the sequence moves
		{"expiry", "expires_after: 2d", "expires_after: 1d", "version"},
		{"the cap", "4 in 14d", "3 in 14d", "version"},
		{"the message", "message: messages/thanks", "message: messages/coupon", "version"},
		{"the rule", ">= 299", ">= 300", "version design"},
		{"the share", "33.3%", "33.4%", "version design"},
		{"again", "again: after 180d", "again: never", "version design"},
		{"the rounds", "times: 5", "times: 4", "version design"},
		{"a window of evaluation", "window: 10d", "window: 11d", "version design"},
		{"when a wave with a point goes out", "after: 1d", "after: 2d", "version design"},
		{"the primary point", "at overall_30d", "at programme", "version design"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(base, test.old, test.new, 1)
			if text == base {
				t.Fatalf("nothing changed")
			}
			now := load(folder(text))
			var got []string
			if now.Version != was.Version {
				got = append(got, "version")
			}
			if now.Design != was.Design {
				got = append(got, "design")
			}
			if diff := cmp.Diff(strings.Join(got, " "), test.want); diff != "" {
				t.Errorf("-got +want\n%s", diff)
			}
		})
	}
	files := folder(base)
	files["c/messages/thanks/text.txt"] = &fstest.MapFile{Data: []byte("Hello!\n")}
	if now := load(files); now.Version == was.Version || now.Design != was.Design {
		t.Errorf("a corrected message: version %v, design %v", now.Version != was.Version, now.Design != was.Design)
	}
}

// If these change, every stored version and design is another one: each running
// campaign would be applied anew and each experiment restarted.
func TestHashesAreForEver(t *testing.T) {
	t.Parallel()
	c, err := Load(folder(slurp(t, "testdata/whole.good.yaml")), "c", Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := [2]string{c.Version, c.Design}
	want := [2]string{
		"9fd7fc43c23a3a8f7026316b0c1dcd1064b77b476fa5d2e84f7b4fd9b38e178c",
		"699d54a20d3df1700278966437d83e03d49333438a3c35d394d26fac4326ffef",
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
}

func TestShelfLoads(t *testing.T) {
	t.Parallel()
	found, err := LoadDir(Library(), Options{Quiet: evening.Quiet})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range found {
		names = append(names, c.Name)
		for path, m := range c.Messages {
			if !strings.Contains(m[""].Text, "{{ unsubscribe_url }}") || !strings.Contains(m[""].HTML, "{{ unsubscribe_url }}") {
				t.Errorf("%s/%s has no link to unsubscribe", c.Name, path)
			}
			if !strings.Contains(m[""].Text, "\n-- \n") { // RFC 3676, 4.3: with the space, or programs take it for text
				t.Errorf("%s/%s has no signature line", c.Name, path)
			}
		}
	}
	if diff := cmp.Diff(names, []string{"second-order", "win-back"}); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
}

func TestReadmeExampleLoads(t *testing.T) {
	t.Parallel()
	_, rest, _ := strings.Cut(slurp(t, "README.md"), "```yaml\n")
	example, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("README.md has no example")
	}
	files := folder(example)
	files["c/messages/reminder/subject.txt"] = files["c/messages/thanks/subject.txt"]
	files["c/messages/reminder/text.txt"] = files["c/messages/thanks/text.txt"]
	if _, err := Load(files, "c", evening); err != nil {
		t.Error(err)
	}
}

func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"testdata/*.good.yaml", "testdata/*.bad.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(data))
		}
	}
	f.Fuzz(func(t *testing.T, yaml string) {
		c, err := Load(folder(yaml), "c", evening)
		if err == nil {
			if c.Name == "" || len(c.Waves) == 0 || len(c.Evaluation.Points) == 0 || c.Enter.When == "" || len(c.Version) != 64 {
				t.Errorf("loaded without faults and not whole: %+v", c)
			}
			return
		}
		var list source.List
		if !errors.As(err, &list) || len(list) == 0 {
			t.Errorf("got %v, want diagnostics", err)
		}
		for _, d := range list {
			if strings.Contains(d.String(), "\n") {
				t.Errorf("more than a line: %q", d)
			}
		}
	})
}
