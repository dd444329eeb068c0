package kubernetes

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// control does what deletions need of controllers, until it is told to stop: it empties
// namespaces that are deleted, and lets go what waits for its dependents, of which there are
// none, since no controller makes any.
func (c *client) control(ctx context.Context) {
	for ctx.Err() == nil {
		resources := c.resources(ctx)
		for _, listed := range resources {
			for _, found := range c.list(ctx, listed.path) {
				metadata, _ := found["metadata"].(object)
				if metadata["deletionTimestamp"] == nil {
					continue
				}
				c.release(ctx, listed, metadata)
				if listed.path == "/api/v1/namespaces" {
					c.empty(ctx, resources, fmt.Sprint(metadata["name"]))
				}
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(300 * time.Millisecond):
		}
	}
}

// listed is a kind of objects.
type listed struct {
	path       string // of all of them
	group      string // the path of its group and version
	name       string
	namespaced bool
}

// of is the path of the objects in a namespace, "" for none.
func (l listed) of(namespace string) string {
	if namespace == "" {
		return l.group + "/" + l.name
	}
	return l.group + "/namespaces/" + namespace + "/" + l.name
}

// resources are the kinds of objects that can be deleted, one version each.
func (c *client) resources(ctx context.Context) (found []listed) {
	groups := []string{"/api/v1"}
	_, answer, err := c.ask(ctx, http.MethodGet, "/apis", "application/json", nil)
	if err != nil {
		return nil
	}
	list, _ := answer["groups"].([]any)
	for _, group := range list {
		preferred, _ := group.(object)["preferredVersion"].(object)
		groups = append(groups, fmt.Sprint("/apis/", preferred["groupVersion"]))
	}
	for _, group := range groups {
		_, answer, err := c.ask(ctx, http.MethodGet, group, "application/json", nil)
		if err != nil {
			continue
		}
		resources, _ := answer["resources"].([]any)
		for _, resource := range resources {
			described := resource.(object)
			name, verbs := fmt.Sprint(described["name"]), fmt.Sprint(described["verbs"])
			if strings.Contains(name, "/") || !strings.Contains(verbs, "delete") || !strings.Contains(verbs, "list") || name == "events" {
				continue
			}
			found = append(found, listed{group + "/" + name, group, name, described["namespaced"] == true})
		}
	}
	return found
}

func (c *client) list(ctx context.Context, path string) (found []object) {
	_, answer, err := c.ask(ctx, http.MethodGet, path, "application/json", nil)
	if err != nil {
		return nil
	}
	items, _ := answer["items"].([]any)
	for _, item := range items {
		found = append(found, item.(object))
	}
	return found
}

// release takes the finalizer of the garbage collector off an object.
func (c *client) release(ctx context.Context, kind listed, metadata object) {
	finalizers, _ := metadata["finalizers"].([]any)
	if !slices.Contains(finalizers, any("foregroundDeletion")) {
		return
	}
	namespace, _ := metadata["namespace"].(string)
	rest := slices.DeleteFunc(slices.Clone(finalizers), func(finalizer any) bool { return finalizer == "foregroundDeletion" })
	_, _, _ = c.ask(ctx, http.MethodPatch, fmt.Sprint(kind.of(namespace), "/", metadata["name"]), "application/merge-patch+json",
		object{"metadata": object{"finalizers": rest}})
}

// empty deletes what is in a namespace, and lets it go once it is empty.
func (c *client) empty(ctx context.Context, resources []listed, namespace string) {
	left := 0
	for _, kind := range resources {
		if !kind.namespaced {
			continue
		}
		if n := len(c.list(ctx, kind.of(namespace))); n > 0 {
			left += n
			_, _, _ = c.ask(ctx, http.MethodDelete, kind.of(namespace), "application/json", object{})
		}
	}
	if left == 0 {
		_, _, _ = c.ask(ctx, http.MethodPut, "/api/v1/namespaces/"+namespace+"/finalize", "application/json", object{
			"apiVersion": "v1", "kind": "Namespace", "metadata": object{"name": namespace}, "spec": object{"finalizers": []any{}},
		})
	}
}
