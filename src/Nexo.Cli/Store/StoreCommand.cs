using System.CommandLine;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Store;

/// <summary><c>nexo store</c>. A new command is a file beside this one and a line below.</summary>
internal static class StoreCommand
{
    public static Command Create()
    {
        var command = new Command("store", "Keys and values: get, set, count, watch, load and more");
        command.Add(StoreOptions.Durability());
        AddGroup(
            command,
            "Values",
            GetCommand.Create(),
            SetCommand.Create(),
            CasCommand.Create(),
            TakeCommand.Create(),
            TouchCommand.Create(),
            AppendCommand.Create(),
            LengthCommand.Create(),
            RangeCommand.Create(),
            CounterCommands.CreateIncrement(),
            CounterCommands.CreateDecrement(),
            MultiGetCommand.Create(),
            MultiSetCommand.Create());
        AddGroup(
            command,
            "Keys",
            DelCommand.Create(),
            ExistsCommand.Create(),
            TtlCommand.Create(),
            ExpireCommand.Create(),
            PersistCommand.Create(),
            ScanCommand.Create(),
            CountCommand.Create(),
            ClearCommand.Create(),
            WatchCommand.Create());
        AddGroup(
            command,
            "Hashes",
            HashSetCommand.Create(),
            HashGetCommands.CreateOne(),
            HashGetCommands.CreateSeveral(),
            HashGetCommands.CreateAll(),
            HashDeleteCommand.Create(),
            HashIncrementCommand.Create(),
            HashLengthCommand.Create());
        AddGroup(command, "In bulk", LoadCommand.Create(), DumpCommand.Create());
        return command.WithExamples(
            ("Keep a value for five minutes", "nexo store set greeting hello --ttl 5m"),
            ("Read it", "nexo store get greeting"),
            ("Return when it is on disk", "nexo store incr orders --durability fsync"),
            ("Copy a prefix to another server", "nexo store dump --prefix user: | nexo store load --url nexo://other"));
    }

    private static void AddGroup(Command store, string group, params ReadOnlySpan<Command> commands)
    {
        foreach (Command command in commands)
        {
            store.Add(command.InGroup(group));
        }
    }
}
