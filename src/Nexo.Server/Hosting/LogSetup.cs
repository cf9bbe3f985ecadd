using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Nexo.Server.Hosting;

/// <summary>The log: standard error, one line an event, so that standard output stays the program's own.</summary>
internal static class LogSetup
{
    private const string TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";

    public static void Configure(ILoggingBuilder logging, LogOptions options, LogLevelSwitch level, LogPace pace)
    {
        // The switch alone decides, so that it can be turned.
        logging.SetMinimumLevel(LogLevel.Trace);
        logging.AddFilter((_, category, severity) => level.Allows(category, severity));
        if (options.Format == LogFormat.Json)
        {
            logging.AddJsonConsole(format =>
            {
                format.UseUtcTimestamp = true;
                format.TimestampFormat = TimestampFormat.TrimEnd();
            });
        }
        else
        {
            logging.AddSimpleConsole(format =>
            {
                format.UseUtcTimestamp = true;
                format.TimestampFormat = TimestampFormat;
                format.SingleLine = true;
            });
        }

        // In the place of the console itself, which stands behind it.
        logging.Services.RemoveAll<ILoggerProvider>();
        logging.Services.AddSingleton<ConsoleLoggerProvider>();
        logging.Services.AddSingleton<ILoggerProvider>(provider => pace.Around(provider.GetRequiredService<ConsoleLoggerProvider>()));
        logging.Services.Configure<ConsoleLoggerOptions>(console =>
        {
            console.LogToStandardErrorThreshold = LogLevel.Trace;

            // A terminal that is stopped must not stop the server.
            console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite;
        });
    }
}
