using System.CommandLine;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Store;

/// <summary>The arguments that Store commands share.</summary>
internal static class StoreArguments
{
    public static Argument<string> Key() => new("KEY") { Description = "The key" };

    public static Argument<string[]> Keys() => new("KEY")
    {
        Description = "The keys",
        Arity = ArgumentArity.OneOrMore,
    };

    public static Argument<string> Field() => new("FIELD") { Description = "The field of the hash" };

    public static Argument<string[]> Fields() => new("FIELD")
    {
        Description = "The fields of the hash",
        Arity = ArgumentArity.OneOrMore,
    };

    /// <summary>Absent: every key.</summary>
    public static Argument<string?> Prefix(
        string description = "Only keys that begin with this; every key without it") =>
        new("PREFIX") { Description = description, Arity = ArgumentArity.ZeroOrOne };

    /// <summary>A whole number that may be negative, 1 unless it is given.</summary>
    public static Argument<long> Delta() => new("DELTA")
    {
        Description = "What to add, 1 unless given; may be negative",
        Arity = ArgumentArity.ZeroOrOne,
        DefaultValueFactory = _ => 1,
        CustomParser = result => Parsers.Integer(result, "DELTA"),
    };

    /// <summary>A position in a value, in bytes.</summary>
    public static Argument<long> Position(string name, string description) => new(name)
    {
        Description = description,
        CustomParser = result => Parsers.Integer(result, name),
    };
}
