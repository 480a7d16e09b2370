package importer_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rewave/rewave/internal/customer"
	"github.com/rewave/rewave/internal/event"
	"github.com/rewave/rewave/internal/importer"
	"github.com/rewave/rewave/internal/testkit"
)

func TestTheProfileHasColumnsOfItsOwn(t *testing.T) {
	t.Parallel()
	mapped := func(text string) importer.Options {
		m, err := importer.ReadMap(write(t, "map.yaml", []byte(text)), importer.Customers, importer.Attributes{})
		if err != nil {
			t.Fatal(words(err))
		}
		return importer.Options{Map: m}
	}
	for name, test := range map[string]struct {
		text string
		opts importer.Options
		want []string
	}{
		"all of it": {"customer_id,sex,birthday,occupation,interests,source,changed_at\nann,F,1990-02-03,nurse,tea; books;tea,friend,2026-01-02\n", importer.Options{},
			[]string{"ann birthday date 1990-02-03 2026-01-02", "ann interests text books;tea 2026-01-02", "ann occupation text nurse 2026-01-02", "ann sex text female 2026-01-02", "ann source text friend 2026-01-02"}},
		"what is not told is not there": {"customer_id,sex,birthday,interests\nann,保密,,;\nbob,男,,\ncid,Divers,,\n", importer.Options{},
			[]string{"bob sex text male now", "cid sex text other now"}},
		"what looks like a number is none": {"customer_id,occupation,source\nann,4711,1\n", importer.Options{}, []string{"ann occupation text 4711 now", "ann source text 1 now"}},
		"json lines": {`{"customer_id": "ann", "sex": "w", "birthday": "1990-02-03", "interests": ["tea", "books"]}`, importer.Options{},
			[]string{"ann birthday date 1990-02-03 now", "ann interests text books;tea now", "ann sex text female now"}},
		"under other names, and in the form of the map": {"customer_id;性别;Geburtstag\nann;女;3.2.1990\nbob;;\n",
			mapped("columns: {sex: 性别, birthday: Geburtstag}\ntime_format: \"DD.MM.YYYY hh:mm\"\ndefaults: {sex: m, source: 'old shop'}\n"),
			[]string{"ann birthday date 1990-02-03 now", "ann sex text female now", "ann source text old shop now", "bob sex text male now", "bob source text old shop now"}},
		"as columns of the shop's own": {"customer_id,attribute.sex,attribute.birthday,attribute.interests,attribute.occupation\nann,女,1990-02-03,tea;books,12\n", importer.Options{},
			[]string{"ann birthday date 1990-02-03 now", "ann interests text books;tea now", "ann occupation text 12 now", "ann sex text female now"}},
		"as columns of the shop's own that say something else": {"customer_id,attribute.sex,attribute.birthday\nann,none of yours,29.11.1985\n", importer.Options{},
			[]string{"ann birthday text 29.11.1985 now", "ann sex text none of yours now"}},
		"as the map of a column of the shop's own says": {"customer_id,attribute.birthday\nann,1990-02-03\n", mapped("types: {attribute.birthday: text}\n"),
			[]string{"ann birthday text 1990-02-03 now"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, opts := testkit.NewDB(t), test.opts
			opts.Kind, opts.File = importer.Customers, write(t, "c", []byte(test.text))
			for round := range 2 {
				got := run(t, db, opts)
				if got.Rejected > 0 || round == 1 && got.Attributes > 0 {
					t.Errorf("round %d: %d attributes, rejected: %v", round, got.Attributes, got.RejectedBy)
				}
				if diff := cmp.Diff(testkit.List[string](t, db, storedAttributes), test.want, cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("attributes (-got +want):\n%s", diff)
				}
			}
		})
	}
}

func TestAProfileThatCannotBeRead(t *testing.T) {
	t.Parallel()
	db := testkit.NewDB(t)
	got := run(t, db, importer.Options{Kind: importer.Customers, File: write(t, "c.csv", []byte("customer_id,sex,birthday,attribute.sex\nann,1,,\nbob,,3.2.1990,\ncid,f,,m\ndan,m,1990-02-03,\n"))})
	want := map[string]int{
		"the sex is not known by that word (" + customer.SexWords + ")": 1,
		"the birthday is not a date, which is written 2026-12-24":       1,
		"two columns give sex": 1,
	}
	if diff := cmp.Diff(got.RejectedBy, want); diff != "" || got.Merged != 1 {
		t.Errorf("%d merged; rejected (-got +want):\n%s", got.Merged, diff)
	}
}

// A default of the profile fills what neither the file nor the database says.
func TestADeclaredProfileIsOfItsKinds(t *testing.T) {
	t.Parallel()
	db := testkit.NewDB(t)
	opts := importer.Options{Kind: importer.Customers, Attributes: importer.Attributes{File: "rewave.yaml", Kinds: map[string]event.Kind{"birthday": event.Date, "sex": event.Text}}}
	opts.File = write(t, "c.csv", []byte("customer_id,attribute.birthday,attribute.sex\nann,3.2.1990,\nbob,1990-02-03,w\n"))
	got := run(t, db, opts)
	if diff := cmp.Diff(got.RejectedBy, map[string]int{"attribute.birthday is not a date, which is written 2026-12-24": 1}); diff != "" {
		t.Errorf("rejected (-got +want):\n%s", diff)
	}
	if diff := cmp.Diff(testkit.List[string](t, db, storedAttributes), []string{"bob birthday date 1990-02-03 now", "bob sex text female now"}); diff != "" {
		t.Errorf("attributes (-got +want):\n%s", diff)
	}
}

// An address that takes the place of another is new since then; the first on a
// channel, and one that is told again, are not.
func TestSinceWhenAnAddressIsAnother(t *testing.T) {
	t.Parallel()
	db := testkit.NewDB(t)
	for _, text := range []string{
		"customer_id,email,phone\nann,ann@mail.example,\nbob,bob@mail.example,+4915112345670\ncid,cid@mail.example,\n",
		"customer_id,email,phone\nann,ann@mail.example,+4915112345671\nbob,bob@mail.example,+4915112345672\ncid,new@mail.example,\n",
	} {
		importText(t, db, importer.Customers, text)
	}
	got := testkit.List[string](t, db, `select u.shop_id || case when k.email_since is not null then ' mail' else '' end || case when k.phone_since is not null then ' phone' else '' end
		from contacts k join customers u using (customer_id) order by 1`)
	if diff := cmp.Diff([]string{"ann", "bob phone", "cid mail"}, got); diff != "" {
		t.Error(diff)
	}
}
