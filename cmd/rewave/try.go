package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/config"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/scenario"
	"github.com/rewave/rewave/internal/source"
)

func (a *app) campaignTest() *cobra.Command {
	var name string
	c := &cobra.Command{Use: "test FOLDER...", Short: "Play a campaign's tests; no server is needed", Args: operands,
		Long: `Plays the cases of campaign.test.yaml beside each campaign.yaml: who enters, in
which arm, what is sent and what is not, and why. What decides is what decides
live. Each difference comes with its reasons and the customer's story. A folder
of campaigns stands for all of them. Exit code 1 where there is a difference, 3
where a file has faults.`,
		Example: `  rewave campaign test campaigns/win-back
  rewave campaign test campaigns --run "no second"
  rewave campaign test campaigns/win-back --verbose`,
		RunE: func(_ *cobra.Command, args []string) error { return a.testCampaigns(args, name) }}
	c.Flags().StringVar(&name, "run", "", "only cases whose names hold `TEXT`")
	c.Flags().BoolVarP(&a.verbose, "verbose", "v", false, "name every case, and tell the story of every customer")
	return c
}

// tested is what test --json prints of a campaign.
type tested struct {
	Campaign string            `json:"campaign"`
	Folder   string            `json:"folder"`
	Cases    []scenario.Result `json:"cases"`

	files int
}

func (a *app) testCampaigns(folders []string, name string) error {
	folders = campaignFolders(folders)
	c, err := config.Load(a.config, a.env)
	if err != nil {
		return err
	}
	all := make([]tested, 0, len(folders))
	var faults source.List
	for _, folder := range folders {
		t, err := a.testCampaign(folder, name, c)
		var list source.List
		switch {
		case errors.As(err, &list):
			faults = append(faults, list...)
		case err != nil:
			return err
		default:
			all = append(all, t)
		}
	}
	played, differing := 0, 0
	for _, t := range all {
		played += len(t.Cases)
		for _, k := range t.Cases {
			if len(k.Differences) > 0 {
				differing++
			}
		}
	}
	if a.json {
		return a.printTests(all, played, differing, faults)
	}
	for _, t := range all {
		a.tell(t, name)
	}
	switch {
	case faults != nil:
		return faults
	case played == 0 && name != "":
		return fault.New(fault.NotFound, fmt.Sprintf("no case has %q in its name", name), "rewave campaign test "+folders[0]+" --verbose")
	case differing > 0:
		return reported{fault.New(fault.Conflict, "there are differences", "")}
	}
	return nil
}

// testCampaign plays the cases of one folder whose names hold a text.
func (a *app) testCampaign(folder, name string, c config.Config) (tested, error) {
	folder = filepath.Clean(folder)
	if filepath.Base(folder) == campaigns.File {
		folder = filepath.Dir(folder)
	}
	t := tested{Folder: folder, Cases: []scenario.Result{}}
	def, err := load(folder, c)
	if err != nil {
		return t, err
	}
	t.Campaign = def.Name
	files, err := scenario.Load(os.DirFS(folder), ".", filepath.ToSlash(folder), def, c)
	if err != nil {
		return t, err
	}
	t.files = len(files)
	runner := scenario.NewRunner(def)
	for _, f := range files {
		for _, k := range f.Cases {
			if !strings.Contains(k.Name, name) {
				continue
			}
			result, err := runner.Run(k)
			if err != nil {
				return t, err
			}
			t.Cases = append(t.Cases, result)
		}
	}
	return t, nil
}

// tell prints what a campaign's cases came to.
func (a *app) tell(t tested, name string) {
	if t.files == 0 {
		fmt.Fprintf(a.stdout, "%s: has no tests; write %s\n", t.Campaign, filepath.Join(t.Folder, "campaign"+scenario.Suffix))
		return
	}
	passed := 0
	for _, k := range t.Cases {
		if len(k.Differences) == 0 {
			passed++
		}
		if a.verbose {
			fmt.Fprintf(a.stdout, "%s: %s: %s\n", t.Campaign, k.Case, map[bool]string{true: "as expected", false: count(len(k.Differences), "difference")}[len(k.Differences) == 0])
		}
		fmt.Fprint(a.stdout, k.Text(a.verbose))
	}
	switch {
	case len(t.Cases) == 0 && name != "":
	case passed == len(t.Cases):
		fmt.Fprintf(a.stdout, "%s: %s, all as expected\n", t.Campaign, count(passed, "case"))
	default:
		fmt.Fprintf(a.stdout, "%s: %s, %d with differences\n", t.Campaign, count(len(t.Cases), "case"), len(t.Cases)-passed)
	}
}

func (a *app) printTests(all []tested, played, differing int, faults source.List) error {
	out := struct {
		Campaigns []tested `json:"campaigns"`
		Cases     int      `json:"cases"`
		Differing int      `json:"differing"`
		Faults    []faulty `json:"faults"`
	}{all, played, differing, []faulty{}}
	for _, t := range all {
		for i := range t.Cases {
			if k := &t.Cases[i]; len(k.Differences) == 0 && !a.verbose {
				k.Stories = nil
			}
		}
	}
	for _, d := range faults {
		out.Faults = append(out.Faults, faulty(d))
	}
	if err := a.print(out); err != nil {
		return err
	}
	switch {
	case faults != nil:
		return reported{faults}
	case differing > 0:
		return reported{fault.New(fault.Conflict, "there are differences", "")}
	}
	return nil
}
