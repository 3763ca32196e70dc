import { StepButtons } from '../StepButtons.tsx'
import { Composition } from './Composition.tsx'
import { ImagePicker } from './ImagePicker.tsx'
import { LayoutChoice } from './LayoutChoice.tsx'
import { WipePanel } from './WipePanel.tsx'

/** Where the system goes, and which system. */
export function StorageStep() {
  return (
    <>
      <LayoutChoice />
      <Composition />
      <WipePanel />
      <ImagePicker />
      <StepButtons />
    </>
  )
}
