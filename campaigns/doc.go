// Package campaigns is the written form of a campaign, and the shelf of the
// campaigns that ship with the product.
//
// A campaign is a folder: campaign.yaml, and the folders of its messages.
// Loading one starts nothing and decides nothing; it reads, checks and fills in
// defaults, and says every fault at once, each with its place, in words of the
// person who wrote it. README.md is the format.
//
// A Campaign has two hashes. Version is of all of it, messages included: each
// delivery carries it, so that what a customer got can be told for ever. Design
// is of what makes it an experiment: whom it means, the shares, how often it
// goes round, and what is measured when. A corrected typo changes the first; a
// changed share changes both, and starts a new experiment.
package campaigns
