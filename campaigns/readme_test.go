package campaigns_test

import (
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/config"
	"github.com/rewave/rewave/internal/message"
	"github.com/rewave/rewave/internal/scenario"
	"github.com/rewave/rewave/internal/source"
)

// block is an example of README.md between fences.
type block struct{ info, text string }

// pageBlocks are the examples of the page with what its first lines hold: the
// campaign that all pieces are pieces of.
func pageBlocks(t *testing.T) (blocks []block, whole string) {
	t.Helper()
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile("(?s)\n```([^\n]*)\n(.*?)\n```\n").FindAllStringSubmatch(string(page), -1) {
		blocks = append(blocks, block{m[1], m[2] + "\n"})
	}
	i := slices.IndexFunc(blocks, func(b block) bool { return b.info == "yaml" })
	if i < 0 {
		t.Fatal("README.md has no example")
	}
	return blocks, blocks[i].text
}

var (
	topKey  = regexp.MustCompile(`(?m)^([a-z_]+):`)
	folders = regexp.MustCompile(`messages/[a-z0-9-]+`)
)

// chunks cuts a file before each of its keys.
func chunks(yaml string) (keys []string, text map[string]string) {
	text = map[string]string{}
	at := topKey.FindAllStringSubmatchIndex(yaml, -1)
	for i, m := range at {
		end := len(yaml)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		key := yaml[m[2]:m[3]]
		keys = append(keys, key)
		text[key] = yaml[m[0]:end]
	}
	return keys, text
}

// within is a campaign with a piece in the place of the keys that it has.
func within(whole, piece string) string {
	keys, text := chunks(whole)
	put, with := chunks(piece)
	for _, key := range put {
		if text[key] == "" {
			keys = append(keys, key)
		}
		text[key] = with[key]
	}
	var b strings.Builder
	for _, key := range keys {
		b.WriteString(text[key])
	}
	return b.String()
}

// readmeFolder is the folder of a campaign with every message that it names.
func readmeFolder(yaml string) fstest.MapFS {
	files := fstest.MapFS{"come-back/campaign.yaml": {Data: []byte(yaml)}}
	for _, folder := range folders.FindAllString(yaml, -1) {
		for name, text := range map[string]string{message.SubjectFile: "Hello", message.TextFile: "{{ unsubscribe_url }}", message.SMSFile: "{{ unsubscribe_url }}"} {
			files["come-back/"+folder+"/"+name] = &fstest.MapFile{Data: []byte(text)}
		}
	}
	return files
}

// Every example of the page is what the page says it is.
func TestReadmeExamplesAreTrue(t *testing.T) {
	t.Parallel()
	blocks, whole := pageBlocks(t)
	checked := 0
	for i, b := range blocks {
		switch b.info {
		case "yaml":
			checked++
			yaml := b.text
			if !strings.HasPrefix(yaml, "campaign:") {
				yaml = within(whole, yaml)
			}
			if _, err := campaigns.Load(readmeFolder(yaml), "come-back", campaigns.Options{}); err != nil {
				t.Errorf("%v\nof\n%s", err, yaml)
			}
		case "yaml wrong":
			checked++
			_, err := campaigns.Load(readmeFolder(b.text), "come-back", campaigns.Options{})
			var list source.List
			if !errors.As(err, &list) {
				t.Fatalf("got %v, want faults of\n%s", err, b.text)
			}
			if diff := cmp.Diff(list.Error()+"\n", blocks[i+1].text); diff != "" {
				t.Errorf("-got +want\n%s", diff)
			}
		}
	}
	for _, b := range blocks {
		if b.info != "yaml test" {
			continue
		}
		checked++
		c, err := campaigns.Load(readmeFolder(whole), "come-back", campaigns.Options{})
		if err != nil {
			t.Fatal(err)
		}
		f, err := scenario.Parse("come-back/campaign.test.yaml", []byte(b.text), c, config.Default())
		if err != nil {
			t.Fatal(err)
		}
		play(t, c, []scenario.File{f})
	}
	if checked < 20 {
		t.Errorf("only %d examples were found", checked)
	}
}

// The page names every campaign of the shelf, and no other.
func TestReadmeNamesTheShelf(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	var got, want []string
	for _, m := range regexp.MustCompile("(?m)^- \\[`([a-z0-9-]+)`\\]\\(([a-z0-9-]+)\\) ").FindAllStringSubmatch(string(page), -1) {
		if m[1] == m[2] {
			got = append(got, m[1])
		}
	}
	for _, c := range loadShelf(t) {
		want = append(want, c.Dir)
	}
	slices.Sort(got)
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
}

// What a test may say stands on the page too: every key that the reader of tests
// knows, as it names them to somebody who writes another.
func TestReadmeHasEveryKeyOfTests(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(page), "| in a case |")
	if !ok {
		t.Fatal("README.md has no table of what a test may say")
	}
	section, _, _ = strings.Cut(section, "\n\n")
	_, whole := pageBlocks(t)
	c, err := campaigns.Load(readmeFolder(within(whole, "limits: {group: g}")), "come-back", campaigns.Options{})
	if err != nil {
		t.Fatal(err)
	}
	const wrong = `
case: x
at: "2026-03-01"
zzz: 1
customers:
  - {id: a, zzz: 1, orders: [{zzz: 1, at: "2026-02-01", lines: [{zzz: 1, price: 1}]}], events: [{zzz: 1}], elsewhere: {zzz: 1, messages: [{zzz: 1}]}}
then: [{at: "2026-03-02", zzz: 1}, {at: "2026-03-02", provider: {zzz: 1}}, {at: "2026-03-02", pool: {zzz: 1}}]
expect: [{zzz: 1, customer: a, wave: thanks, message: {zzz: 1}}]
`
	_, err = scenario.Parse("x", []byte(wrong), c, config.Default())
	var list source.List
	if !errors.As(err, &list) {
		t.Fatal(err)
	}
	word := regexp.MustCompile("[a-z_]+")
	written := word.FindAllString(strings.Join(regexp.MustCompile("`[^`]+`").FindAllString(section, -1), " "), -1)
	places := 0
	for _, d := range list {
		known, ok := strings.CutPrefix(d.Hint, "known keys: ")
		if !ok || !strings.HasSuffix(d.Path, "zzz") {
			continue
		}
		places++
		for _, key := range word.FindAllString(known, -1) {
			if !slices.Contains(written, key) {
				t.Errorf("%s: the page does not say %q", d.Path, key)
			}
		}
	}
	if places != 12 {
		t.Errorf("%d places were asked, want 12:\n%v", places, list)
	}
}
