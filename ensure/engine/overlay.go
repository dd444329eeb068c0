package engine

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

// overlay is a provider as the engine has it in one operation: it answers as the provider
// does, but for what the provider cannot know.
type overlay struct {
	plugin.Provider
	session *session
	name    string // of the package
	gone    string // why what it works on is not there any more, "" while it is
	doubt   error  // that nobody could tell
}

// Check implements plugin.Provider. Names that nobody gave are made in an apply as they
// were in its preview.
func (o *overlay) Check(ctx context.Context, request plugin.CheckRequest) (response plugin.CheckResponse, err error) {
	defer o.crashed(request.URN, &err)
	if seed := o.session.seeds[request.URN]; seed != nil {
		request.RandomSeed = seed
	}
	if o.gone != "" {
		return plugin.CheckResponse{Properties: request.News}, nil
	}
	return o.Provider.Check(ctx, request)
}

// Create implements plugin.Provider. A preview creates a Kubernetes object with a dry run
// on the server. Where the object is going to be replaced, it is still there, and the server
// takes the dry run for a change of it: the plugin ignores it when the server says so with
// AlreadyExists, or "field is immutable", but not in the server's many other words.
// (docs/reference/real-plugins.md 2, row 4)
func (o *overlay) Create(ctx context.Context, request plugin.CreateRequest) (response plugin.CreateResponse, err error) {
	defer o.crashed(request.URN, &err)
	if o.gone != "" {
		return plugin.CreateResponse{}, o.impossible(request.Preview)
	}
	if o.session.creates != nil && !request.Preview {
		request.Properties = o.session.creates(string(request.URN), request.Properties)
	}
	response, err = o.Provider.Create(ctx, request)
	if err != nil && request.Preview && o.name == "kubernetes" && o.session.there[request.URN] && immutable(err.Error()) {
		return plugin.CreateResponse{Properties: request.Properties}, nil
	}
	return response, o.explained(request.URN, err)
}

// crashed makes an error of a panic of a provider in this process: the run ends as after any
// failure, with its state written and its lock released.
func (o *overlay) crashed(urn resource.URN, err *error) {
	if reason := recover(); reason != nil {
		*err = fmt.Errorf("the provider %s crashed at %s, which is a mistake in it: %v", o.name, urn, reason)
	}
}

// Diff implements plugin.Provider.
func (o *overlay) Diff(ctx context.Context, request plugin.DiffRequest) (response plugin.DiffResponse, err error) {
	defer o.crashed(request.URN, &err)
	if o.gone != "" {
		return plugin.DiffResponse{}, plugin.DiffUnavailable(o.gone)
	}
	return o.Provider.Diff(ctx, request)
}

// Read implements plugin.Provider.
func (o *overlay) Read(ctx context.Context, request plugin.ReadRequest) (response plugin.ReadResponse, err error) {
	defer o.crashed(request.URN, &err)
	if o.gone != "" { // no id: it is not there
		return plugin.ReadResponse{ReadResult: plugin.ReadResult{Inputs: resource.PropertyMap{}, Outputs: resource.PropertyMap{}}}, nil
	}
	response, err = o.Provider.Read(ctx, request)
	return response, o.explained(request.URN, err)
}

// Update implements plugin.Provider.
func (o *overlay) Update(ctx context.Context, request plugin.UpdateRequest) (response plugin.UpdateResponse, err error) {
	defer o.crashed(request.URN, &err)
	if o.gone != "" {
		return plugin.UpdateResponse{Properties: resource.PropertyMap{}}, o.impossible(request.Preview)
	}
	response, err = o.Provider.Update(ctx, request)
	return response, o.explained(request.URN, err)
}

// Delete implements plugin.Provider.
func (o *overlay) Delete(ctx context.Context, request plugin.DeleteRequest) (response plugin.DeleteResponse, err error) {
	defer o.crashed(request.URN, &err)
	if o.gone != "" {
		return plugin.DeleteResponse{Status: resource.StatusOK}, nil
	}
	response, err = o.Provider.Delete(ctx, request)
	if err != nil && o.name == "kubernetes" && uninstalled(err.Error()) {
		return plugin.DeleteResponse{Status: resource.StatusOK}, nil
	}
	return response, o.explained(request.URN, err)
}

// Construct implements plugin.Provider.
func (o *overlay) Construct(ctx context.Context, request plugin.ConstructRequest) (response plugin.ConstructResponse, err error) {
	defer o.crashed(resource.URN(string(request.Type)+" "+request.Name), &err)
	return o.Provider.Construct(ctx, request)
}

// Invoke implements plugin.Provider.
func (o *overlay) Invoke(ctx context.Context, request plugin.InvokeRequest) (response plugin.InvokeResponse, err error) {
	defer o.crashed(resource.URN(request.Tok), &err)
	return o.Provider.Invoke(ctx, request)
}

// immutable tells whether an API server refused a change because each field that it names
// cannot change, and for no other reason: what is wrong in the new object stays an error.
func immutable(message string) bool {
	_, reasons, invalid := strings.Cut(message, " is invalid: ")
	if !invalid {
		return false
	}
	starts := reasonStart.FindAllStringIndex(reasons, -1)
	for i, start := range starts {
		end := len(reasons)
		if i+1 < len(starts) {
			end = starts[i+1][0]
		}
		if !unchangeable.MatchString(reasons[start[0]:end]) {
			return false
		}
	}
	return len(starts) > 0
}

var (
	// reasonStart is where one of the reasons of an Invalid begins: a path and a kind of
	// error, as k8s.io/apimachinery/pkg/util/validation/field writes them.
	reasonStart = regexp.MustCompile(`(?:^\[?|, )[\w.\[\]/"-]+: (?:Invalid value|Forbidden|Required value|Unsupported value|Duplicate value|Not found|Too long|Too many|Too few|Internal error)`)
	// unchangeable are the words in which validation refuses changes (k8s.io/kubernetes,
	// pkg/apis/*/validation): roleRef, parameters and provisioner, clusterIP, selectors, claims.
	unchangeable = regexp.MustCompile(`immutable|cannot change|may not (be )?change|updates to \S+ are forbidden|may not be updated|cannot be (changed|updated)`)
)
