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
	"github.com/rewave/rewave/internal/fault"
)

func (a *app) campaignNew() *cobra.Command {
	var from, dir string
	c := &cobra.Command{Use: "new NAME", Short: "Begin a folder, from the shelf or a small one with notes", Args: operands,
		Long: `Writes DIR/NAME with campaign.yaml, its messages and campaign.schema.json, by
which an editor completes and checks the file. With --from it is a copy of a
campaign that ships, under the new name. What is there already is never
overwritten.`,
		Example: `  rewave campaign new spring-tea
  rewave campaign new tea-second-order --from second-order
  rewave campaign new tea-win-back --from win-back --dir shop/campaigns`,
		RunE: func(_ *cobra.Command, args []string) error { return a.newCampaign(args[0], from, dir) }}
	c.Flags().StringVar(&from, "from", "", "`CAMPAIGN` of the shelf to copy (default a small one with notes)")
	c.Flags().StringVar(&dir, "dir", "campaigns", "`FOLDER` in which the new folder is made")
	return c
}

func (a *app) newCampaign(name, from, dir string) error {
	files, err := campaigns.Begin(name, from)
	if err != nil {
		return err
	}
	conf, err := config.Load(a.config, a.env)
	if err != nil {
		return err
	}
	folder := filepath.Join(dir, name)
	if err := writeNew(folder, files); err != nil {
		return err
	}
	paths := slices.Sorted(maps.Keys(files))
	if a.json {
		return a.print(struct {
			Campaign string   `json:"campaign"`
			Folder   string   `json:"folder"`
			Files    []string `json:"files"`
		}{name, filepath.ToSlash(folder), paths})
	}
	fmt.Fprintf(a.stdout, "%s: %s\n", filepath.ToSlash(folder), count(len(files), "file"))
	for _, path := range paths {
		fmt.Fprintf(a.stdout, "  %s\n", path)
	}
	fmt.Fprintf(a.stdout, "Next: write what it should say, then\n  rewave campaign validate %s\n", filepath.ToSlash(folder))
	if _, err := load(folder, conf); err != nil {
		// Copied as it ships, it may name what this shop has not set up.
		fmt.Fprintln(a.stdout, wrap("", "In this shop it does not run yet; validate says why."))
	}
	return nil
}

// writeNew makes a folder with all of its files, or none of it.
func writeNew(folder string, files map[string][]byte) (err error) {
	refuse := func(err error) error {
		return fault.Wrap(fault.Denied, err, "the folder cannot be written: "+filepath.ToSlash(folder), "choose another with --dir")
	}
	if _, err := os.Lstat(folder); err == nil {
		return fault.New(fault.Conflict, filepath.ToSlash(folder)+" is there already", "give the new campaign another name, or another --dir")
	}
	if err := os.MkdirAll(filepath.Dir(folder), 0o777); err != nil {
		return refuse(err)
	}
	made, err := os.MkdirTemp(filepath.Dir(folder), ".new-")
	if err != nil {
		return refuse(err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(made)) }() // gone already where all went well
	for path, data := range files {
		file := filepath.Join(made, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			return refuse(err)
		}
		if err := os.WriteFile(file, data, 0o666); err != nil {
			return refuse(err)
		}
	}
	if err := os.Chmod(made, 0o755); err != nil { // a temporary folder is its owner's alone
		return refuse(err)
	}
	if err := os.Rename(made, folder); err != nil {
		return refuse(err)
	}
	return nil
}
