package campaigns

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"

	"github.com/rewave/rewave/internal/fault"
)

//go:embed delay-notice double-11 mother-and-baby second-order thanks-coupon-care win-back win-back-coupon
var shelf embed.FS

// Library is the campaigns that ship, in the form Folders and Load read: one
// folder each.
func Library() fs.FS { return shelf }

// SchemaFile is the name under which the schema lies beside a campaign.
const SchemaFile = "campaign.schema.json"

// Begin is the folder of a new campaign, by path below it: that of the shelf
// called from under another name, or where from is empty a small one with notes.
// The schema for editors lies beside it. It loads without faults in a shop that
// sends e-mail.
func Begin(name, from string) (map[string][]byte, error) {
	if !campaignName.MatchString(name) {
		return nil, fault.New(fault.Usage, fmt.Sprintf("%q is not a name for a campaign", name), "small letters, digits and hyphens, at most 60: "+exampleName)
	}
	files := map[string][]byte{}
	if from == "" {
		for path, text := range starter {
			files[path] = []byte(text)
		}
	} else if err := copyShelf(files, from); err != nil {
		return nil, err
	}
	text := string(files[File])
	if !strings.Contains(text, schemaLine) {
		text = schemaLine + "\n" + text
	}
	files[File] = []byte(nameLine.ReplaceAllLiteralString(text, "campaign: "+scalar(name)))
	files[SchemaFile] = Schema()
	return files, nil
}

const schemaLine = "# yaml-language-server: $schema=" + SchemaFile

var nameLine = regexp.MustCompile(`(?m)^campaign: *\S+`)

// scalar quotes a name that YAML would read as a number, a date or a truth.
func scalar(name string) string {
	if name[0] >= 'a' && name[0] <= 'z' && strings.Contains(name, "-") {
		return name
	}
	return `"` + name + `"`
}

// exampleName stands where a person would write their own.
const exampleName = "spring-tea"

func copyShelf(files map[string][]byte, from string) error {
	folders, err := fs.ReadDir(shelf, ".")
	if err != nil {
		return err
	}
	var names []string
	for _, f := range folders {
		names = append(names, f.Name())
	}
	if _, err := fs.Stat(shelf, path.Join(from, File)); err != nil || strings.Contains(from, "/") {
		return fault.New(fault.Usage, fmt.Sprintf("there is no campaign %q on the shelf; there are %s", from, andList(names)), "rewave campaign new "+exampleName+" --from "+names[0])
	}
	return fs.WalkDir(shelf, from, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(shelf, file)
		files[strings.TrimPrefix(file, from+"/")] = data
		return err
	})
}

// starter is a campaign to begin from: small, whole, and with the reasons of its
// lines beside them.
var starter = map[string]string{
	File: `campaign: new
says: What it is for, in a sentence.
owner: you@shop.example

# Who comes in, and when: at a time ("schedule:"), with each paid order or an
# event of yours ("on:"), or on a yearly date ("occasion:").
enter:
  schedule: {every: monday, at: "10:00"}  # the first slot after it is applied
  when: orders.count >= 1 and orders.days_since_last >= 60
  again: never                            # or each_time, or: after 180d

# The share that is not written to, so that the report can say what changed.
holdout: 20%
exit: [repurchased]                       # whoever buys meanwhile hears no more of it

# Waves go out one after the other, each at its time after entry.
waves:
  - wave: hello
    after: 0m
    between: ["10:00", "20:00"]           # in the customer's zone, else the shop's
    channels: [email]
    message: messages/hello
  - wave: reminder
    after: {wave: hello, wait: 7d}
    between: ["10:00", "20:00"]
    channels: [email]
    message: messages/reminder
    expires_after: 2d                     # late means not at all

limits: {per_customer: 2 in 14d}          # of this campaign

# What is read at the end; said before the first message goes out.
evaluation:
  primary: repurchase_rate at overall_30d
  points:
    overall_30d: {from: {wave: hello, round: 1}, window: 30d}
`,
	"messages/hello/subject.txt": "A word from {{ shop.name }}\n",
	"messages/hello/text.txt": `Hello{% if customer.first_name %} {{ customer.first_name }}{% endif %},

it has been a while. Write here what you would like to say.

-- 
{{ shop.name }}
No more of these: {{ unsubscribe_url }}
`,
	"messages/reminder/subject.txt": "One more thing\n",
	"messages/reminder/text.txt": `Hello{% if customer.first_name %} {{ customer.first_name }}{% endif %},

here is what you may have missed.

-- 
{{ shop.name }}
No more of these: {{ unsubscribe_url }}
`,
}
