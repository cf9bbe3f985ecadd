using System.Reflection;

namespace Nexo.EndToEnd.Tests.House;

/// <summary>References between the rooms go one way: see ARCHITECTURE.md.</summary>
public sealed class DirectionTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Nexo.Protocol"] = [],
        ["Nexo.Storage"] = [],
        ["Nexo.Engine"] = ["Nexo.Storage"],
        ["Nexo.Server"] = ["Nexo.Engine", "Nexo.Storage", "Nexo.Protocol"],
        ["Nexo.Client"] = ["Nexo.Protocol"],
        ["nexo"] = ["Nexo.Server", "Nexo.Client", "Nexo.Protocol", "Nexo.Engine", "Nexo.Storage"],
    };

    [Fact]
    public void Rooms_reference_only_what_they_may_know()
    {
        foreach ((string room, string[] allowed) in Allowed)
        {
            IEnumerable<string> references = Assembly.Load(room).GetReferencedAssemblies()
                .Select(reference => reference.Name!)
                .Where(Allowed.ContainsKey);

            Assert.Empty(references.Except(allowed).Select(reference => $"{room} → {reference}"));
        }
    }

    [Fact]
    public void The_client_brings_no_web_framework_with_it()
    {
        IEnumerable<string> references = Assembly.Load("Nexo.Client").GetReferencedAssemblies()
            .Select(reference => reference.Name!)
            .Where(name => name.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal));

        Assert.Empty(references);
    }
}
