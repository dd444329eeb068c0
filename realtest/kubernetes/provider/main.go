// Command provider is the real kubernetes provider of Pulumi, as a plugin binary.
package main

import "github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"

// version is what the plugin says of itself: the one that ptd asks for.
const version = "4.25.0"

func main() {
	// Nobody asks it for its schema: programs have their SDK.
	provider.Serve("kubernetes", version, []byte("{}"), []byte("{}"))
}
