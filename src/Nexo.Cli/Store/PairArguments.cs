using System.CommandLine;
using Nexo.Cli.Terminal;
using Nexo.Client;

namespace Nexo.Cli.Store;

/// <summary>Names and values in turn, as <c>mset</c> and <c>hset</c> take them.</summary>
internal static class PairArguments
{
    public static Argument<string[]> Create(string helpName, string description)
    {
        var argument = new Argument<string[]>(helpName) { Description = description, Arity = ArgumentArity.OneOrMore };
        argument.Validators.Add(result =>
        {
            if (result.Tokens.Count % 2 != 0)
            {
                result.AddError($"'{result.Tokens[^1].Value}' has no value: {helpName} go in pairs.");
            }
        });
        return argument;
    }

    public static KeyValuePair<NexoKey, ReadOnlyMemory<byte>>[] Read(
        ClientRun run, Argument<string[]> argument, string noun) =>
        [.. run.Get(argument).Chunk(2).Select(pair => new KeyValuePair<NexoKey, ReadOnlyMemory<byte>>(
            BytesArguments.Decode(run.Parsed, pair[0], noun), BytesArguments.Decode(run.Parsed, pair[1], "value")))];
}
