# A CycloneDX 1.5 bill of materials of one program, out of `cargo metadata` (the input) and of the
# checksums in Cargo.lock ($lock, lines "name version sha256"). $root names the program's package.
# What goes into the program, or builds it, is in; what only tests use is not.

($lock | split("\n") | map(select(length > 0) | split(" ") | {key: "\(.[0]) \(.[1])", value: .[2]}) | from_entries) as $sums
| (.packages | map({key: .id, value: .}) | from_entries) as $packages
| (.resolve.nodes | map({
      key: .id,
      value: [.deps[] | select(any(.dep_kinds[]; .kind != "dev")) | .pkg]
  }) | from_entries) as $needs
| (.packages[] | select(.name == $root) | .id) as $start

# Everything that is reachable, in rounds.
| ({seen: {($start): true}, next: [$start]} | until(.next == [];
      .seen as $seen
      | ([.next[] | $needs[.][]] | unique | map(select($seen[.] | not))) as $new
      | {seen: ($seen + ($new | map({key: ., value: true}) | from_entries)), next: $new}
  ) | .seen | keys) as $all

| def purl: "pkg:cargo/\(.name)@\(.version)";
  def licences:
      if .license == null then [{license: {name: "see \(.license_file // "the package")"}}]
      else [{expression: (.license | gsub("/"; " OR "))}] end;
  def component:
      {type: "library", "bom-ref": purl, name, version, purl: purl, licenses: licences}
      + ($sums["\(.name) \(.version)"] as $sum
         | if $sum then {hashes: [{alg: "SHA-256", content: $sum}]} else {} end);
  {
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    version: 1,
    metadata: {
      timestamp: $time,
      component: ($packages[$start] | component + {type: "application"})
    },
    components: [$all[] | select(. != $start) | $packages[.] | component],
    dependencies: [$all[] | . as $id | {
      ref: ($packages[$id] | purl),
      dependsOn: ([$needs[$id][] | $packages[.] | purl] | unique)
    }]
  }
