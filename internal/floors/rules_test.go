package floors

import (
	"slices"
	"testing"
	"testing/fstest"
)

// Each rule refuses what it is there for, in these words, and nothing else.
func TestEachRuleRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, file, text string
		want             []string
	}{
		{"a library past its door", "internal/engine/a.go", `import "github.com/jackc/pgx/v5/pgxpool"`,
			[]string{"internal/engine/a.go:2: imports github.com/jackc/pgx/v5/pgxpool: rule 1: one library, one door: internal/postgres, internal/devstack, internal/testkit"}},
		{"a library without a door", "rules/a.go", `import "github.com/stretchr/testify/assert"`,
			[]string{"rules/a.go:2: imports github.com/stretchr/testify/assert: rule 1: no package is the door to this library; name one in internal/floors"}},
		{"redis beside wire.go", "cmd/rewave/serve.go", `import "github.com/redis/go-redis/v9"`,
			[]string{"cmd/rewave/serve.go:2: imports github.com/redis/go-redis/v9: rule 1: one library, one door: workers, cmd/rewave/wire.go, internal/devstack, internal/testkit"}},
		{"redis in wire.go", "cmd/rewave/wire.go", `import "github.com/redis/go-redis/v9"`, nil},
		{"holdout on the ground alone", "internal/holdout/a.go", `import "github.com/rewave/rewave/internal/fault"`,
			[]string{"internal/holdout/a.go:2: imports github.com/rewave/rewave/internal/fault: rule 2: stats and holdout import nothing of ours"}},
		{"I/O below", "internal/wave/a.go", `import "log/slog"`,
			[]string{"internal/wave/a.go:2: imports log/slog: rule 3: storeys 0 to 2 are pure"}},
		{"a clock below", "rules/a.go", "import \"time\"\nvar now = time.Now()",
			[]string{"rules/a.go:3: uses time.Now: rule 3: storeys 0 to 2 have no clock; take the time as an argument"}},
		{"a goroutine below", "internal/stats/a.go", "func f() { go f() }",
			[]string{"internal/stats/a.go:2: starts a goroutine: rule 3: storeys 0 to 2 are pure"}},
		{"config reads its file", "internal/config/a.go", `import "os"`, nil},
		{"the engine on the web", "internal/engine/a.go", `import "net/http"`,
			[]string{"internal/engine/a.go:2: imports net/http: rule 4: the engine knows no queue and no web"}},
		{"workers on the web", "workers/a.go", `import "github.com/rewave/rewave/internal/web/track"`, []string{
			"workers/a.go:2: imports github.com/rewave/rewave/internal/web/track: rule 4: workers and web never meet",
			"workers/a.go:2: imports github.com/rewave/rewave/internal/web/track: both are on storey 5, and sideways there is no such door"}},
		{"postgres decides", "internal/postgres/a.go", "import \"github.com/rewave/rewave/internal/holdout\"\nvar arm = holdout.Assign(1)",
			[]string{"internal/postgres/a.go:3: uses holdout.Assign: rule 5: postgres never decides"}},
		{"rules know campaigns", "rules/a.go", `import "github.com/rewave/rewave/campaigns"`, []string{
			"rules/a.go:2: imports github.com/rewave/rewave/campaigns: rule 6: rules know no campaigns",
			"rules/a.go:2: imports github.com/rewave/rewave/campaigns: both are on storey 1, and sideways there is no such door"}},
		{"a report asks who was reached", "internal/report/a.go", `import "github.com/rewave/rewave/internal/delivery"`,
			[]string{"internal/report/a.go:2: imports github.com/rewave/rewave/internal/delivery: rule 7: lift is computed on everyone assigned, not on those who were reached"}},
		{"the web writes", "internal/web/api/a.go", "func f(s store) { s.InTx(nil) }",
			[]string{"internal/web/api/a.go:2: uses s.InTx: rule 8: console and API write only through the engine"}},
		{"testkit outside tests", "cmd/rewave/a.go", `import "github.com/rewave/rewave/internal/testkit"`,
			[]string{"cmd/rewave/a.go:2: imports github.com/rewave/rewave/internal/testkit: rule 9: for tests only"}},
		{"services outside the demo", "cmd/rewave/serve.go", `import "github.com/rewave/rewave/internal/devstack"`,
			[]string{"cmd/rewave/serve.go:2: imports github.com/rewave/rewave/internal/devstack: rule 9: only cmd/rewave/demo.go, cmd/rewave/dev.go, internal/testkit/cluster.go, internal/testkit/pair.go start services"}},
		{"services in the demo", "cmd/rewave/demo.go", `import "github.com/rewave/rewave/internal/devstack"`, nil},
		{"upward", "internal/wave/a.go", `import "github.com/rewave/rewave/internal/engine"`,
			[]string{"internal/wave/a.go:2: imports github.com/rewave/rewave/internal/engine: imports only go down: storey 2 must not see storey 4"}},
		{"sideways", "internal/message/a.go", `import "github.com/rewave/rewave/internal/report"`,
			[]string{"internal/message/a.go:2: imports github.com/rewave/rewave/internal/report: both are on storey 3, and sideways there is no such door"}},
		{"a channel and its kind", "internal/channel/sms/a.go", `import "github.com/rewave/rewave/internal/channel"`, nil},
		{"one channel and another", "internal/channel/sms/a.go", `import "github.com/rewave/rewave/internal/channel/email"`,
			[]string{"internal/channel/sms/a.go:2: imports github.com/rewave/rewave/internal/channel/email: both are on storey 3, and sideways there is no such door"}},
		{"a room off the plan", "internal/helpers/a.go", "",
			[]string{"internal/helpers/a.go: package internal/helpers has no storey; give it one in internal/floors"}},
		{"a test may", "rules/a_test.go", `import "github.com/rewave/rewave/internal/testkit"`, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := inspect(fstest.MapFS{test.file: {Data: []byte("package p\n" + test.text)}})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}
