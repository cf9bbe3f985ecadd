using BenchmarkDotNet.Running;
using Nexo.Bench.Micro;

// `memory [entries…]`, `hitrate`, `recovery [entries]`, `quick`, `collections [members]`, `queues`, `topics` and `wal [directory]` print a table; anything
// else goes to BenchmarkDotNet (`--filter '*'`).
switch (args.FirstOrDefault())
{
    // `segments [directory]`: bandwidth of the segmented log.
    case "segments":
        SegmentTable.Print(args.ElementAtOrDefault(1));
        break;
    case "memory":
        MemoryTable.Print([.. args.Skip(1).Select(int.Parse)]);
        break;
    case "hitrate":
        HitRateTable.Print();
        break;
    case "recovery":
        RecoveryTable.Print(args.Length > 1 ? int.Parse(args[1]) : 10_000_000);
        break;
    case "quick":
        QuickTable.Print();
        break;
    case "collections":
        CollectionTable.Print(args.Length > 1 ? int.Parse(args[1]) : 1_000_000);
        break;
    case "queues":
        QueueTable.Print();
        break;
    // `streams [directory]`: durable appends through the log against synced segments.
    case "streams":
        StreamTable.Print(args.ElementAtOrDefault(1));
        break;
    case "topics":
        TopicTable.Print();
        break;
    case "wal":
        WalTable.Print(args.ElementAtOrDefault(1));
        break;
    default:
        BenchmarkSwitcher.FromAssembly(typeof(StoreBenchmarks).Assembly).Run(args);
        break;
}
