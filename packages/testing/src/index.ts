export { addViewer } from './add-viewer.ts'
export { dumpDatabase, withTestDatabase, type TestDatabase } from './postgres.ts'
export type { ChildProgram } from './programs/child-program.ts'
export { startDelayProxy, type DelayProxy } from './programs/delay-proxy.ts'
export { freePorts } from './programs/free-ports.ts'
export { startMachines } from './programs/start-machines.ts'
export { startSimulatedGuests } from './programs/start-simulated-guests.ts'
export { startServer, type Server, type ServerOptions } from './programs/start-server.ts'
export { waitFor } from './programs/wait-for.ts'
export { simpleConfig } from './rack/simple-config.ts'
export { startRack, type Rack, type RackOptions } from './rack/start-rack.ts'
export type { Guard } from './registry/registry-guard.ts'
export { startRegistryProxy, type RegistryProxy } from './registry/registry-proxy.ts'
export { serveRandomImage } from './registry/serve-random-image.ts'
export { startDockerRegistry, type DockerRegistry } from './vm/docker-registry.ts'
export { startLabControlPlane, type LabControlPlane } from './vm/lab-control-plane.ts'
export { labAddress, startLabNetwork, type LabNetwork } from './vm/lab-network.ts'
export { Qmp, type QmpEvent } from './vm/qmp.ts'
export { SerialLog } from './vm/serial-log.ts'
export {
  emulatedKernelArgument,
  machineIdFor,
  makeDisk,
  startVirtualMachine,
  type VirtualDisk,
  type BootMedium,
  type VirtualMachine,
  type VirtualMachineOptions,
} from './vm/virtual-machine.ts'
