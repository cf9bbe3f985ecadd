using Garnet;

// Hosts Garnet with the arguments that it takes itself, until it is told to stop.
using var server = new GarnetServer(args);
server.Start();
using var stopped = new ManualResetEventSlim();
Console.CancelKeyPress += (_, signal) =>
{
    signal.Cancel = true;
    stopped.Set();
};
AppDomain.CurrentDomain.ProcessExit += (_, _) => stopped.Set();
stopped.Wait();
