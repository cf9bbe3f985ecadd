using System.CommandLine;
using Nexo.Cli.Terminal;
using Nexo.Client;

namespace Nexo.Cli.Store;

/// <summary><c>hget</c>, <c>hmget</c> and <c>hgetall</c>.</summary>
internal static class HashGetCommands
{
    public static Command CreateOne()
    {
        Argument<string> key = StoreArguments.Key();
        Argument<string> field = StoreArguments.Field();
        var command = new Command("hget", "Print a field of a hash") { key, field };
        return command
            .OnServer(async run =>
            {
                byte[] name = run.Bytes(key);
                byte[] fieldName = run.Bytes(field);
                return run.Value(name, await run.Store.HashGetBytesAsync(name, fieldName, run.Cancel), fieldName);
            })
            .WithExamples(("One field", "nexo store hget user:7 name"));
    }

    public static Command CreateSeveral()
    {
        Argument<string> key = StoreArguments.Key();
        Argument<string[]> fields = StoreArguments.Fields();
        var command = new Command("hmget", "Print several fields of a hash") { key, fields };
        return command
            .OnServer(async run =>
            {
                byte[][] names = run.Bytes(fields);
                IReadOnlyList<StoreItem<ReadOnlyMemory<byte>>> items = await run.Store.HashGetManyBytesAsync(
                    run.Bytes(key), [.. names.Select(name => new NexoKey(name))], run.Cancel);
                return ItemList.Print(run, "field", names, items);
            })
            .WithDetails(
                "One line for each field that exists: the field, a tab, the value. Exit code 1 when any is missing.")
            .WithExamples(("Two fields", "nexo store hmget user:7 name mail"));
    }

    public static Command CreateAll()
    {
        Argument<string> key = StoreArguments.Key();
        var command = new Command("hgetall", "Print all fields of a hash") { key };
        return command
            .OnServer(async run =>
            {
                byte[] name = run.Bytes(key);
                StoreHash<ReadOnlyMemory<byte>> hash = await run.Store.HashGetAllBytesAsync(name, run.Cancel);
                return hash.Found ? Print(run, name, hash) : run.Missing(name);
            })
            .WithDetails("One line for each field: the field, a tab, the value, in no order.")
            .WithExamples(
                ("Everything about a user", "nexo store hgetall user:7"),
                ("As one object", "nexo store hgetall user:7 --json"));
    }

    private static int Print(ClientRun run, byte[] key, StoreHash<ReadOnlyMemory<byte>> hash)
    {
        if (run.Out.Json)
        {
            run.Out.Object(json =>
            {
                json.WriteBytes("key", key);
                json.WriteBoolean("found", true);
                json.WriteNumber("version", hash.Version);
                json.WriteHash("hash", Transfer.StoreDump.Pairs(hash));
            });
        }
        else
        {
            ItemList.Print(run, "field", [.. hash.Fields.Select(pair => (pair.Key.ToBytes(), pair.Value))]);
        }

        return ExitCode.Ok;
    }
}
