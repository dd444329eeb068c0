// Package aws holds the AWS ComponentResources of ptd: networks, ways into them,
// and the data stores, roles and zones that live beside them. Control rooms and
// workloads are built from the same components; where they differ, the difference
// is an option. Nothing here reads configuration or looks up what ptd itself made,
// so any Go program may use it.
package aws
