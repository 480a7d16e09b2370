package campaigns

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// Each edit of version_test.go in the words a person reads before applying it,
// and the two agree on what becomes of version and experiment.
func TestDiff(t *testing.T) {
	t.Parallel()
	var got strings.Builder
	for _, test := range edits() {
		was, now := test.load(t)
		changes := Diff(was, now)
		got.WriteString("## " + test.file + ": " + test.name + "\n" + changes.String() + "\n")
		if (len(changes) > 0) != (was.Version != now.Version) {
			t.Errorf("%s: %s: %d changes, another version: %v", test.file, test.name, len(changes), was.Version != now.Version)
		}
		if changes.Restarts() != (was.Design != now.Design) {
			t.Errorf("%s: %s: restarts %v, another design: %v", test.file, test.name, changes.Restarts(), was.Design != now.Design)
		}
		if back := Diff(now, was); len(back) != len(changes) || back.Restarts() != changes.Restarts() {
			t.Errorf("%s: %s: there and back differ:\n%s", test.file, test.name, back)
		}
		if same := Diff(now, now); len(same) > 0 {
			t.Errorf("%s: %s: differs from itself: %s", test.file, test.name, same)
		}
	}
	golden(t, "testdata/diff.golden", got.String())
}

func TestDiffOfMessages(t *testing.T) {
	t.Parallel()
	base := slurp(t, "testdata/everything.good.yaml")
	before, after := folder(base), folder(base)
	text := func(lines ...string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte(strings.Join(lines, "\n") + "\n")}
	}
	before["c/messages/thanks/text.txt"] = text("Hello,", "", "thank you for your order.", "Come again.", "", "{{ unsubscribe_url }}")
	after["c/messages/thanks/text.txt"] = text("Hello,", "", "many thanks for your order.", "", "Yours", "{{ unsubscribe_url }}")
	after["c/messages/thanks/body.html"] = text("<p>Hello")
	delete(after, "c/messages/care/zh-Hans/text.txt")
	delete(after, "c/messages/care/zh-Hans/subject.txt")
	delete(after, "c/messages/care/zh-Hans/sms.txt")
	before["c/messages/hello/sms.txt"] = text(strings.Split(strings.Repeat("a ", 2000), " ")...)
	after["c/messages/hello/sms.txt"] = text(strings.Split(strings.Repeat("b ", 2000), " ")...)
	changes := Diff(loaded(t, before), loaded(t, after))
	if changes.Restarts() {
		t.Error("a text restarts the experiment")
	}
	golden(t, "testdata/diff-messages.golden", changes.String())
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(got, slurp(t, file)); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
}
