package importer

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/event"
)

// FuzzEvents: whatever the bytes, a row of events is read or rejected, and what is
// read can be stored and comes back the same.
func FuzzEvents(f *testing.F) {
	for _, seed := range []string{
		"id,name,customer,at,props.x,y\n1,Seen,ann,2026-01-02,2,z\n", "id;name;customer;at;days\n1;Seen;ann;2026-01-02 10:00;3\n",
		`{"id": 1, "name": "Seen", "customer": "ann", "at": "2026-01-02", "days": "3", "props": {"x": 1e5, "due": "2026-02-03", "ok": true}, "y": [1]}`,
		`{"id": 1, "name": "Seen", "customer": "ann", "at": "2026-01-02", "": 1, "props": {"": 2}, "x": "\u0000"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		r := &run{opts: Options{Kind: Events, Preset: Generic, Zone: time.UTC, Encoding: UTF8,
			Map: Map{Types: map[string]event.Kind{"props.days": event.Number}, Defaults: map[string]string{"props.shop": "de"}}}}
		if err := r.lay(newLineReader("f", UTF8, bytes.NewReader(text))); err != nil {
			return // the file is refused
		}
		row := r.event()
		for {
			err := r.records.next(&r.rec)
			if err == io.EOF {
				return
			}
			if _, bad := err.(*badLine); bad {
				continue
			}
			if err != nil {
				return
			}
			e, ok, bad := row(&r.rec)
			if bad != nil {
				continue
			}
			if !ok || e.ID == "" || e.Name == "" || e.ShopID == "" || e.At.IsZero() || e.Props["shop"] == (event.Value{}) {
				t.Fatalf("read as good: %+v", e)
			}
			data, err := json.Marshal(e.Props)
			if err != nil || strings.Contains(string(data), `\u0000`) {
				t.Fatalf("cannot be stored: %s, %v", data, err)
			}
			var again map[string]event.Value
			if err := json.Unmarshal(data, &again); err != nil || !cmp.Equal(again, e.Props) {
				t.Fatalf("stored as %s (%v), which is %v and was %v", data, err, again, e.Props)
			}
		}
	})
}
