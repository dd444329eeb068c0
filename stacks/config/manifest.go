package config

// Manifest is customizations/manifest.yaml: the target's custom steps.
// (docs/reference/config-and-cli.md 3.6)
type Manifest struct {
	// File is the manifest's path; steps are relative to its directory.
	File        string       `yaml:"-"`
	Version     int          `yaml:"version" required:"true" min:"1" max:"1"`
	CustomSteps []CustomStep `yaml:"customSteps"`
	Settings    any          `yaml:"settings" noeffect:"nothing reads it"`
}

// CustomStep is a Pulumi program of the target's own, one flat Go package.
type CustomStep struct {
	Name        string `yaml:"name" required:"true" check:"step-name"`
	Description string `yaml:"description" default:""`
	// Path is the program's directory below customizations/, with main.go and go.mod.
	Path string `yaml:"path" required:"true"`
	// InsertAfter and InsertBefore name a standard step; kubernetes is stored as eks or aks.
	// Without either the step comes last.
	InsertAfter   string `yaml:"insertAfter" default:""`
	InsertBefore  string `yaml:"insertBefore" default:""`
	ProxyRequired bool   `yaml:"proxyRequired" default:"false"`
	// Enabled off validates the step and leaves it out.
	Enabled  bool `yaml:"enabled" default:"true"`
	Settings any  `yaml:"settings" noeffect:"nothing reads it"`
}
