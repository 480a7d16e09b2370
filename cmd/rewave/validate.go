package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/config"
	"github.com/rewave/rewave/internal/message"
	"github.com/rewave/rewave/internal/source"
)

func (a *app) campaignValidate() *cobra.Command {
	return &cobra.Command{Use: "validate FOLDER...", Short: "Check files; no server is needed", Args: operands,
		Long: `Checks campaign.yaml, its rules and its messages, and names every fault at once,
each with its place and what to do. Exit code 3 when there is one. With a
rewave.yaml the channels must be among those set up there.`,
		Example: `  rewave campaign validate campaigns/win-back
  rewave campaign validate campaigns/win-back campaigns/second-order
  rewave campaign validate campaigns/win-back --json`,
		RunE: func(_ *cobra.Command, args []string) error { return a.validate(args) }}
}

// load reads one campaign folder with everything that can be checked in it.
func load(folder string, c config.Config) (campaigns.Campaign, error) {
	folder = filepath.Clean(folder)
	if info, err := os.Stat(folder); err == nil && !info.IsDir() {
		if filepath.Base(folder) != campaigns.File {
			return campaigns.Campaign{}, source.List{{File: folder, Message: "is a file", Hint: "a campaign is a folder with a " + campaigns.File}}
		}
		folder = filepath.Dir(folder)
	}
	def, err := campaigns.Load(os.DirFS(folder), ".", campaigns.Options{Root: folder, Quiet: c.QuietHours, Channels: channels(c)})
	if err != nil {
		return def, err
	}
	var faults source.List
	for _, name := range slices.Sorted(maps.Keys(def.Messages)) {
		if err := message.Check(filepath.Join(folder, name), message.Files(def.Messages[name][""])); err != nil {
			list, ok := err.(source.List)
			if !ok {
				return def, err
			}
			faults = append(faults, list...)
		}
	}
	return def, faults.Err()
}

// channels names those that are set up; nil where nothing says so.
func channels(c config.Config) []string {
	if c.File == "" {
		return nil
	}
	names := []string{}
	if c.Email != nil {
		names = append(names, "email")
	}
	return names
}

// valid and faulty are what validate --json prints.
type valid struct {
	Campaign string  `json:"campaign"`
	Folder   string  `json:"folder"`
	Waves    int     `json:"waves"`
	Holdout  float64 `json:"holdout"` // a share, 0.5 for 50%
}

type faulty struct {
	File    string `json:"file"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Path    string `json:"path,omitempty"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

func (a *app) validate(folders []string) error {
	c, err := config.Load(a.config, a.env)
	if err != nil {
		return err
	}
	var faults source.List
	fine := []valid{}
	for _, folder := range folders {
		def, err := load(folder, c)
		var list source.List
		switch {
		case errors.As(err, &list):
			faults = append(faults, list...)
		case err != nil:
			return err
		default:
			fine = append(fine, valid{def.Name, folder, len(def.Waves), def.Holdout.Share.Float()})
		}
	}
	if a.json {
		out := struct {
			Fine   []valid  `json:"fine"`
			Faults []faulty `json:"faults"`
		}{fine, []faulty{}}
		for _, d := range faults {
			out.Faults = append(out.Faults, faulty(d))
		}
		if err := a.print(out); err != nil || len(faults) == 0 {
			return err
		}
		return reported{faults}
	}
	for _, v := range fine {
		fmt.Fprintf(a.stdout, "%s: fine (%s, holdout %g%%)\n", v.Campaign, count(v.Waves, "wave"), 100*v.Holdout)
	}
	return faults.Err()
}
