using Nexo.Cli.Terminal;
using Spectre.Console;

namespace Nexo.Cli.Store.Transfer;

/// <summary>A bar when the length is known, else a running count; on standard error and only for people.</summary>
internal static class TransferProgress
{
    private static readonly TimeSpan RefreshEvery = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ShowAfter = TimeSpan.FromMilliseconds(300);

    /// <summary>Runs the work and shows how far it is.</summary>
    /// <param name="length">What <paramref name="position"/>'s first number will be at the end, if that is
    /// known.</param>
    /// <param name="position">How far the work is, and how many entries that were.</param>
    public static async Task ShowAsync(
        CommandRun run, string what, long? length, Func<(long Position, long Entries)> position, Func<Task> work)
    {
        // On a thread of its own: reading, parsing and encoding must not wait for the drawing, nor it for them.
        Task running = Task.Run(work);
        if (!Terminal.Progress.IsWanted(run)
            || await Task.WhenAny(running, Task.Delay(ShowAfter, run.Console.Time)) == running)
        {
            await running;
            return;
        }

        await Terminal.Progress.Console(run).Progress()
            .AutoClear(true)
            .Columns(Columns(length is not null))
            .StartAsync(async context =>
            {
                ProgressTask task = context.AddTask(what, maxValue: Math.Max(1, length ?? 1));
                task.IsIndeterminate = length is null;
                while (!running.IsCompleted)
                {
                    (long at, long entries) = position();
                    task.Value = length is null ? 0 : at;
                    task.Description = $"{what} {entries:N0}";
                    await Task.WhenAny(running, Task.Delay(RefreshEvery, run.Console.Time));
                }
            });
        await running;
    }

    private static ProgressColumn[] Columns(bool lengthKnown) => lengthKnown
        ? [new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn()]
        : [new TaskDescriptionColumn(), new SpinnerColumn(), new ElapsedTimeColumn()];
}
